"""The rate at which the backfill writes: AIMD, found by throttling. Pure.

The rate doubles each second until the target throttles for the first time (slow start). From then
on it grows by a constant each second and is halved by each throttling: additive increase,
multiplicative decrease, as in TCP's congestion control.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WRITE_UNIT_BYTES = 1024
"""Source: Amazon DynamoDB Developer Guide, "Read and write operations", write capacity units."""

TABLE_UNITS_MAX = 40_000
"""Source: Amazon DynamoDB Developer Guide, "Quotas", write units of one table, unless raised."""


@dataclass(frozen=True, slots=True)
class PaceOptions:
    """How the rate moves, in write units a second.

    Attributes:
        ceiling: the highest rate.
        start: the first rate; a given rate starts at its ceiling.
        floor: the lowest rate.
        step: what a second without throttling adds.
        fall: what a throttling leaves of the rate.
        calm_seconds: throttlings within this time of each other count as one.
        burst_seconds: how many seconds of unused budget are kept.
    """

    ceiling: float = TABLE_UNITS_MAX
    start: float = 500.0
    floor: float = 5.0
    step: float = 50.0
    fall: float = 0.5
    calm_seconds: float = 0.5
    burst_seconds: float = 0.1


def pace_options(write_units: float | None) -> PaceOptions:
    """Return the options of a given rate, or of one that is found (None)."""
    found = PaceOptions()
    if write_units is None:
        return found
    return PaceOptions(
        ceiling=write_units,
        start=write_units,
        floor=min(found.floor, write_units),
        step=max(1.0, write_units / 20),
    )


def write_units(size_bytes: int) -> int:
    """Return the write units of an item of this size."""
    return max(1, -(-size_bytes // WRITE_UNIT_BYTES))


class Pace:
    """A token bucket of write units; times are seconds of any one clock.

    A caller takes its units at once and waits for the returned time, so that an item of more units
    than the bucket holds passes too, at the expense of later ones.
    """

    __slots__ = ("_options", "_rate", "_searching", "_throttled_at", "_tokens", "_updated_at")

    def __init__(self, options: PaceOptions, now: float) -> None:
        self._options = options
        self._rate = options.start
        self._tokens = options.start * options.burst_seconds
        self._updated_at = now
        self._throttled_at = float("-inf")
        self._searching = True

    @property
    def rate(self) -> float:
        """Return the write units a second, as of the last call."""
        return self._rate

    def take(self, units: float, now: float) -> float:
        """Take units; return how many seconds to wait before using them."""
        self._advance(now)
        self._tokens -= units
        return 0.0 if self._tokens >= 0 else -self._tokens / self._rate

    def throttle(self, now: float) -> None:
        """Lower the rate: the target refused a write for it."""
        self._advance(now)
        if now - self._throttled_at < self._options.calm_seconds:
            return
        self._throttled_at = now
        self._searching = False
        self._rate = max(self._options.floor, self._rate * self._options.fall)
        self._tokens = min(self._tokens, 0.0)

    def _advance(self, now: float) -> None:
        seconds = now - self._updated_at
        if seconds <= 0:
            return
        self._updated_at = now
        tokens_max = self._rate * self._options.burst_seconds
        self._tokens += self._rate * seconds
        # A budget that is not used up says nothing about what the target would take.
        if self._tokens < tokens_max:
            self._rate = min(self._options.ceiling, self._grown(min(seconds, 1.0)))
        else:
            self._tokens = tokens_max

    def _grown(self, seconds: float) -> float:
        if self._searching:
            return self._rate * math.pow(2.0, seconds)
        return self._rate + self._options.step * seconds
