"""An alarm on the age of undelivered writes: reported once, and once more when it is over."""

from __future__ import annotations

from time import monotonic

from crossfade.events import LagOver, LagTooOld
from crossfade.parity.ports import Lags
from crossfade.ports import Observer


class LagAlarm:
    """Checks regularly whether any entity's oldest undelivered write is too old.

    Args:
        lags: the waiting writes.
        seconds_max: the greatest allowed age.
        observe: called with `LagTooOld` and `LagOver`.
        check_seconds: the shortest time between two checks.
    """

    def __init__(
        self, lags: Lags, seconds_max: float, observe: Observer, check_seconds: float = 5.0
    ) -> None:
        self._lags = lags
        self._seconds_max = seconds_max
        self._observe = observe
        self._check_seconds = check_seconds
        self._next_check = 0.0
        self._late: frozenset[str] = frozenset()

    async def check(self) -> None:
        """Report each entity that has become late, or is not late any longer.

        Raises:
            Unavailable: the source cannot answer.
        """
        if monotonic() < self._next_check:
            return
        self._next_check = monotonic() + self._check_seconds
        found = await self._lags.lagging(self._seconds_max)
        for lag in found:
            if lag.entity not in self._late:
                self._observe(LagTooOld(lag.entity, lag.seconds, lag.keys, self._seconds_max))
        late = frozenset(lag.entity for lag in found)
        for entity in sorted(self._late - late):
            self._observe(LagOver(entity, self._seconds_max))
        self._late = late
