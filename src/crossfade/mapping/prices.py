"""What a backfill costs, by AWS's list prices. Pure."""

from __future__ import annotations

from dataclasses import dataclass

GIGABYTE = 1_000_000_000
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, without discounts and free tiers.

    Attributes:
        region: whose they are.
        as_of: of when they are; look them up again before you rely on them.
        source: whose page says so.
        write_units_million: a million write units on demand, of a table of the standard class.
        item_gigabyte_month: a gigabyte of items for a month.
        object_puts_thousand: a thousand PUT requests of S3 Standard.
        object_gigabyte_month: a gigabyte of objects for a month.
    """

    region: str = "us-east-1"
    as_of: str = "2025-10"
    source: str = "Amazon DynamoDB pricing, on-demand capacity; Amazon S3 pricing"
    write_units_million: float = 0.625
    item_gigabyte_month: float = 0.25
    object_puts_thousand: float = 0.005
    object_gigabyte_month: float = 0.023


@dataclass(frozen=True, slots=True)
class Cost:
    """What copying costs once, and what keeping costs each month, in US dollars."""

    once: float
    each_month: float


def cost_of(
    prices: Prices, *, write_units: int, item_bytes: int, objects: int, object_bytes: int
) -> Cost:
    """Return the cost of writing and of keeping; objects are compressed, and cost less."""
    return Cost(
        once=write_units / MILLION * prices.write_units_million
        + objects / 1000 * prices.object_puts_thousand,
        each_month=item_bytes / GIGABYTE * prices.item_gigabyte_month
        + object_bytes / GIGABYTE * prices.object_gigabyte_month,
    )
