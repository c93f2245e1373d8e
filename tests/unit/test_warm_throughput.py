"""Whether a new table takes a backfill at its full rate, and what to do if not."""

from __future__ import annotations

import pytest

from crossfade.backfill.rate import Pace, pace_options
from crossfade.preflight.warm_throughput import NEW_TABLE_WRITE_UNITS, warming

PLENTY = 10_000_000


@pytest.mark.parametrize(
    ("item_units", "given_rate"),
    [(0, None), (100, None), (PLENTY, 4000.0), (PLENTY, 0.5), (4000, 40_000.0)],
)
def test_what_a_new_table_takes_needs_no_advice(item_units: int, given_rate: float | None) -> None:
    found = warming("t", item_units, given_rate)
    assert found.advice == ""
    assert found.peak_write_units <= found.warm_write_units == NEW_TABLE_WRITE_UNITS


@pytest.mark.parametrize(
    ("item_units", "given_rate", "peak"),
    [(PLENTY, 8000.0, 8000), (5000, 8000.0, 5000), (PLENTY, None, 40_000)],
)
def test_a_higher_rate_is_reported_with_both_remedies(
    item_units: int, given_rate: float | None, peak: int
) -> None:
    found = warming("ours", item_units, given_rate)
    assert found.peak_write_units == peak
    assert "--wcu 4000" in found.advice
    assert f"--table-name ours --warm-throughput WriteUnitsPerSecond={peak}," in found.advice


@pytest.mark.parametrize("item_units", [1_000, 10_000, 30_000])
def test_the_rate_that_a_backfill_finds_is_foreseen(item_units: int) -> None:
    """The pace of the backfill itself, which always has something to write, goes as high."""
    pace, seconds = Pace(pace_options(None), 0.0), 0.0
    for _ in range(item_units):
        seconds += pace.take(1, seconds)
    assert warming("t", item_units, None).peak_write_units == pytest.approx(pace.rate, rel=0.1)
