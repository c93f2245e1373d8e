"""How the backfill's rate moves."""

from __future__ import annotations

import pytest

from crossfade.backfill.rate import Pace, PaceOptions, pace_options, write_units

STEADY = PaceOptions(ceiling=100, start=100, floor=10, step=20)


def spend(pace: Pace, start: float, seconds: float, demand: int) -> tuple[int, float]:
    """Write items of a unit for a while, as one waiting writer would; units spent, and the time."""
    now, spent = start, 0
    while now < start + seconds and spent < demand:
        now += pace.take(1, now)
        spent += 1
    return spent, now


@pytest.mark.parametrize(
    ("size_bytes", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (409_600, 400)]
)
def test_an_item_costs_a_unit_for_each_kilobyte_begun(size_bytes: int, units: int) -> None:
    assert write_units(size_bytes) == units


def test_a_given_rate_is_kept() -> None:
    spent, _ = spend(Pace(pace_options(100), 0), 0, 10, demand=10_000)
    assert 990 <= spent <= 1_020


def test_an_item_of_more_units_than_the_budget_passes_and_the_next_one_waits() -> None:
    pace = Pace(STEADY, 0)
    first = pace.take(400, 0)
    assert first == pytest.approx(3.9)
    assert pace.take(1, first) == pytest.approx(0.01, abs=0.02)


def test_unused_budget_is_not_saved_up() -> None:
    pace = Pace(STEADY, 0)
    assert pace.take(1, 1000) == 0
    assert sum(pace.take(1, 1000) > 0 for _ in range(100)) >= 89


def test_a_rate_to_be_found_doubles_until_the_first_throttling() -> None:
    pace = Pace(PaceOptions(ceiling=10_000, start=100), 0)
    _, now = spend(pace, 0, 3, demand=100_000)
    assert 700 <= pace.rate <= 900
    pace.throttle(now)
    assert 350 <= pace.rate <= 450
    before = pace.rate
    spend(pace, now, 2, demand=100_000)
    assert before + 80 <= pace.rate <= before + 120


def test_throttlings_of_one_moment_count_once() -> None:
    pace = Pace(STEADY, 0)
    for _ in range(32):
        pace.throttle(1.0)
    assert pace.rate == 50
    pace.throttle(1.6)
    assert 25 <= pace.rate <= 40


def test_the_rate_stays_between_floor_and_ceiling() -> None:
    pace = Pace(STEADY, 0)
    now = 0.0
    for _ in range(50):
        now += 1.0
        pace.throttle(now)
    assert pace.rate >= STEADY.floor
    assert pace.rate <= 40
    spend(pace, now, 60, demand=100_000)
    assert pace.rate == STEADY.ceiling


def test_a_rate_that_nobody_uses_does_not_grow() -> None:
    pace = Pace(PaceOptions(ceiling=10_000, start=100), 0)
    for second in range(1, 100):
        pace.take(1, float(second))
    assert pace.rate < 150


def test_a_clock_that_goes_back_is_harmless() -> None:
    pace = Pace(STEADY, 100)
    pace.take(50, 100)
    assert pace.take(1, 50) >= 0
    assert pace.rate <= STEADY.ceiling


def test_a_tiny_budget_is_kept() -> None:
    spent, _ = spend(Pace(pace_options(0.5), 0), 0, 100, demand=1000)
    assert 48 <= spent <= 53
