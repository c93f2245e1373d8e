"""What copying, keeping and verifying cost, and other price lists."""

from __future__ import annotations

import pytest

from crossfade.errors import ConfigurationError
from crossfade.preflight.prices import Cost, Prices, cost_of, read_prices


def test_a_million_rows_of_a_kilobyte_with_transcripts_are_priced() -> None:
    cost = cost_of(
        Prices(),
        write_units=2_000_000,
        item_bytes=1_024_000_000,
        objects=1_000_000,
        object_bytes=50_000_000_000,
    )
    assert cost.once == pytest.approx(2 * 0.625 + 1000 * 0.005)
    assert cost.each_month == pytest.approx(1.024 * 0.25 + 50 * 0.023)
    assert cost.each_pass == pytest.approx(0.25 * 0.125)
    assert cost.each_deep_pass == pytest.approx(0.25 * 0.125 + 1000 * 0.0004)


def test_nothing_costs_nothing() -> None:
    cost = cost_of(Prices(), write_units=0, item_bytes=0, objects=0, object_bytes=0)
    assert cost == Cost(0.0, 0.0, 0.0, 0.0)


def test_a_price_list_changes_what_it_names() -> None:
    given = read_prices(b'{"region": "eu-central-1", "as_of": "2026-11", "write_units_million": 1}')
    assert (given.region, given.as_of, given.write_units_million) == ("eu-central-1", "2026-11", 1)
    assert given.read_units_million == Prices().read_units_million


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b'{"write_unit_million": 1}', "write_unit_million"),
        (b'{"write_units_million": "cheap"}', "write_units_million"),
        (b"[]", "object"),
        (b"{", "prices"),
    ],
)
def test_an_invalid_price_list_is_refused(document: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_prices(document)
