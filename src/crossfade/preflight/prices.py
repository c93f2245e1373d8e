"""The cost of a migration and of its verification, by AWS's list prices. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields

import msgspec

from crossfade.errors import ConfigurationError

GIGABYTE = 1_000_000_000
MILLION = 1_000_000
READ_UNIT_BYTES = 4096
"""Bytes of a strongly consistent read unit; a Scan is charged by the sum of the bytes it reads."""


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, without discounts and free tiers.

    Sources: Amazon DynamoDB pricing, on-demand capacity (the prices since November 2024), and
    Amazon S3 pricing; both for us-east-1, as of October 2025.

    Attributes:
        region: the AWS region of the prices.
        as_of: the month of the prices; check them before relying on them.
        source: the pages that list them.
        write_units_million: a million on-demand write units, table class Standard.
        read_units_million: a million on-demand read units, table class Standard.
        item_gigabyte_month: a gigabyte of items for a month.
        object_puts_thousand: a thousand PUT requests, storage class S3 Standard.
        object_gets_thousand: a thousand GET requests.
        object_gigabyte_month: a gigabyte of objects for a month, within the first 50 TB.
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
    """Costs in US dollars.

    Attributes:
        once: of writing all items and objects.
        each_month: of storing them for a month.
        each_pass: of one verification pass.
        each_deep_pass: of one verification pass that reads every object.
    """

    once: float
    each_month: float
    each_pass: float
    each_deep_pass: float


def read_prices(document: bytes) -> Prices:
    """Parse a price list: a JSON object of some attributes of `Prices`; the others keep defaults.

    Raises:
        ConfigurationError: the document is not such an object.
    """
    try:
        given = msgspec.json.decode(document, type=dict[str, str | float])
        unknown = given.keys() - {field.name for field in fields(Prices)}
        if unknown:
            raise ConfigurationError(f"prices: unknown names {', '.join(sorted(unknown))}")
        return msgspec.convert(given, Prices)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"prices: {error}") from None


def cost_of(
    prices: Prices, *, write_units: int, item_bytes: int, objects: int, object_bytes: int
) -> Cost:
    """Return the costs of items and objects; objects are compressed, so they cost less."""
    each_pass = item_bytes / READ_UNIT_BYTES / MILLION * prices.read_units_million
    return Cost(
        once=write_units / MILLION * prices.write_units_million
        + objects / 1000 * prices.object_puts_thousand,
        each_month=item_bytes / GIGABYTE * prices.item_gigabyte_month
        + object_bytes / GIGABYTE * prices.object_gigabyte_month,
        each_pass=each_pass,
        each_deep_pass=each_pass + objects / 1000 * prices.object_gets_thousand,
    )
