"""Warm throughput: whether a new table sustains a backfill's full rate at once. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crossfade.backfill.rate import pace_options

NEW_TABLE_WRITE_UNITS = 4_000
"""Write units a second that a new on-demand table, and each of its indexes, accepts at once; above
that it throttles until it has scaled up. For reads the limit is 12,000 units.

Sources: Amazon DynamoDB Developer Guide, "Understanding DynamoDB warm throughput in different
scenarios" and "Pre-warming a table for on-demand capacity mode".
"""


@dataclass(frozen=True, slots=True)
class Warming:
    """A backfill's rate and a new table's warm throughput, in write units a second.

    Attributes:
        peak_write_units: the backfill's highest rate.
        warm_write_units: the rate that the table accepts at once.
        advice: what to do if the peak is higher; otherwise empty.
    """

    peak_write_units: int
    warm_write_units: int
    advice: str = ""


def warming(table_name: str, item_units: int, given_rate: float | None) -> Warming:
    """Compare the highest rate of a backfill with a new table's warm throughput.

    Args:
        table_name: the table's name, for the advice.
        item_units: write units of all items, without the indexes.
        given_rate: the operator's limit in write units a second; None if the rate is adaptive.
    """
    peak = _peak(item_units, given_rate)
    if peak <= NEW_TABLE_WRITE_UNITS:
        return Warming(peak, NEW_TABLE_WRITE_UNITS)
    advice = (
        f"a new table, and each of its indexes, accepts {NEW_TABLE_WRITE_UNITS:,} write units a "
        "second at once; above that it throttles all writes until it has scaled up. This backfill "
        f"reaches {peak:,}. Run it with --wcu {NEW_TABLE_WRITE_UNITS} or less, or warm the table "
        "up first, which AWS charges once and which cannot be undone: aws dynamodb update-table "
        f"--table-name {table_name} --warm-throughput WriteUnitsPerSecond={peak}, and each index "
        "with --global-secondary-index-updates"
    )
    return Warming(peak, NEW_TABLE_WRITE_UNITS, advice)


def _peak(item_units: int, given_rate: float | None) -> int:
    """Return the highest rate of a backfill.

    An adaptive rate doubles each second, so after n write units it has grown by n · ln 2.
    """
    options = pace_options(given_rate)
    if given_rate is not None:
        return math.ceil(min(options.ceiling, item_units))
    return math.ceil(min(options.ceiling, options.start + math.log(2) * item_units))
