"""What a backfill and a pass of verification cost, by AWS's list prices. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields

import msgspec

from crossfade.errors import ConfigurationError

GIGABYTE = 1_000_000_000
MILLION = 1_000_000
READ_UNIT_BYTES = 4096
"""A strongly consistent read unit; a Scan is charged by the bytes it reads together."""


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, without discounts and free tiers.

    Sources: Amazon DynamoDB pricing, on-demand capacity, whose request units cost half as much
    since November 2024; Amazon S3 pricing. Both for us-east-1, as of October 2025.

    Attributes:
        region: whose they are.
        as_of: of when they are; look them up again before you rely on them.
        source: whose page says so.
        write_units_million: a million write units on demand, of a table of the standard class.
        read_units_million: a million read units of the same.
        item_gigabyte_month: a gigabyte of items for a month.
        object_puts_thousand: a thousand PUT requests of S3 Standard.
        object_gets_thousand: a thousand GET requests.
        object_gigabyte_month: a gigabyte of objects for a month, of the first 50 TB.
    """

    region: str = "us-east-1"
    as_of: str = "2025-10"
    source: str = "Amazon DynamoDB pricing, on-demand capacity; Amazon S3 pricing"
    write_units_million: float = 0.625
    read_units_million: float = 0.125
    item_gigabyte_month: float = 0.25
    object_puts_thousand: float = 0.005
    object_gets_thousand: float = 0.0004
    object_gigabyte_month: float = 0.023


@dataclass(frozen=True, slots=True)
class Cost:
    """What things cost, in US dollars.

    Attributes:
        once: to copy everything.
        each_month: to keep it.
        each_pass: to verify it once.
        each_deep_pass: to verify it with every object read.
    """

    once: float
    each_month: float
    each_pass: float
    each_deep_pass: float


def read_prices(document: bytes) -> Prices:
    """Read a price list: a JSON object of some of the attributes; the others stay as they are.

    Raises:
        ConfigurationError: it is no such object.
    """
    try:
        given = msgspec.json.decode(document, type=dict[str, str | float])
        unknown = given.keys() - {field.name for field in fields(Prices)}
        if unknown:
            raise ConfigurationError(f"prices: no price is named {', '.join(sorted(unknown))}")
        return msgspec.convert(given, Prices)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"prices: {error}") from None


def cost_of(
    prices: Prices, *, write_units: int, item_bytes: int, objects: int, object_bytes: int
) -> Cost:
    """Return the cost of writing and of keeping; objects are compressed, and cost less."""
    each_pass = item_bytes / READ_UNIT_BYTES / MILLION * prices.read_units_million
    return Cost(
        once=write_units / MILLION * prices.write_units_million
        + objects / 1000 * prices.object_puts_thousand,
        each_month=item_bytes / GIGABYTE * prices.item_gigabyte_month
        + object_bytes / GIGABYTE * prices.object_gigabyte_month,
        each_pass=each_pass,
        each_deep_pass=each_pass + objects / 1000 * prices.object_gets_thousand,
    )
