"""Whether a new table takes a backfill at its full rate from the start. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crossfade.backfill.rate import pace_options

NEW_TABLE_WRITE_UNITS = 4_000
"""Write units a second that a new table on demand takes at once, and each of its indexes for
itself; above that it throttles until it has adapted. Of reads it takes 12,000.

Sources: Amazon DynamoDB Developer Guide, "Understanding DynamoDB warm throughput in different
scenarios" and "Pre-warming a table for on-demand capacity mode".
"""


@dataclass(frozen=True, slots=True)
class Warming:
    """What a backfill asks of a new table, in write units a second.

    Attributes:
        peak_write_units: the fastest it writes.
        warm_write_units: what the table takes from the start.
        advice: what to do about it; empty when the table takes the peak.
    """

    peak_write_units: int
    warm_write_units: int
    advice: str = ""


def warming(table_name: str, item_units: int, given_rate: float | None) -> Warming:
    """Return what a backfill of so many write units asks of a new table.

    Args:
        table_name: named in the advice.
        item_units: write units of all items, without the indexes.
        given_rate: write units a second by the operator; None: the backfill finds its rate.
    """
    peak = _peak(item_units, given_rate)
    if peak <= NEW_TABLE_WRITE_UNITS:
        return Warming(peak, NEW_TABLE_WRITE_UNITS)
    advice = (
        f"a new table, and each of its indexes, takes {NEW_TABLE_WRITE_UNITS:,} write units a "
        f"second at once, and throttles above until it has adapted, live writes too; this backfill "
        f"goes up to {peak:,}. Run it with --wcu {NEW_TABLE_WRITE_UNITS} or less, or warm the "
        "table up first, which AWS charges once and does not take back: aws dynamodb update-table "
        f"--table-name {table_name} --warm-throughput WriteUnitsPerSecond={peak}, and each index "
        "alike with --global-secondary-index-updates"
    )
    return Warming(peak, NEW_TABLE_WRITE_UNITS, advice)


def _peak(item_units: int, given_rate: float | None) -> int:
    """Return the fastest rate of a backfill.

    A rate that is found doubles each second: so many units later it has grown by ln 2 of them.
    """
    options = pace_options(given_rate)
    if given_rate is not None:
        return math.ceil(min(options.ceiling, item_units))
    return math.ceil(min(options.ceiling, options.start + math.log(2) * item_units))
