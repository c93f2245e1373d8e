"""A breaker: a store that keeps failing is left alone for a while, then tried with one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from crossfade.errors import BreakerOpen, Contended, Rejected, Throttled, Unavailable
from crossfade.events import BreakerClosed, BreakerOpened
from crossfade.jobs.backoff import Backoff
from crossfade.ports import Observer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BreakerOptions:
    """When a breaker opens and for how long.

    Attributes:
        failures_max: failures in a row that open it.
        pause_seconds: the first pause; it doubles with each failed trial.
        pause_seconds_max: the longest pause.
    """

    failures_max: int = 5
    pause_seconds: float = 1.0
    pause_seconds_max: float = 30.0


class Breaker:
    """Counts a store's failures in a row; shared by every call of this process to that store.

    A store that rejects a record, throttles or reports a contended item is alive.
    """

    def __init__(
        self,
        store: str,
        options: BreakerOptions,
        observe: Observer,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._options = options
        self._observe = observe
        self._clock = clock
        self._failures = 0
        self._backoff = Backoff(options.pause_seconds, options.pause_seconds_max)
        self._pause_seconds = 0.0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the store failed when it was last tried."""
        return self._pause_seconds > 0

    @property
    def wait_seconds(self) -> float:
        """Seconds until the next call may be made; 0 when it may be made now."""
        return max(0.0, self._open_until - self._clock()) if self.is_open else 0.0

    async def call(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Make a call.

        Raises:
            BreakerOpen: the call was not made.
            Unavailable: what the call raised; it counts, unless the store is alive.
        """
        trial = self.is_open
        if trial:
            if self.wait_seconds > 0:
                raise BreakerOpen(self._store, self.wait_seconds)
            self._open_until = self._clock() + self._pause_seconds
        try:
            answer = await operation()
        except (Rejected, Throttled, Contended):
            self._close()
            raise
        except Unavailable as error:
            self._fail(error, trial=trial)
            raise
        self._close()
        return answer

    def _fail(self, error: Unavailable, *, trial: bool) -> None:
        """Count a failure; calls that were under way when the breaker opened say nothing new."""
        if self.is_open and not trial:
            return
        self._failures += 1
        if self._failures < self._options.failures_max:
            return
        self._pause_seconds = self._backoff.next_seconds()
        self._open_until = self._clock() + self._pause_seconds
        self._observe(BreakerOpened(self._store, type(error), str(error), self._pause_seconds))

    def _close(self) -> None:
        self._failures = 0
        if self.is_open:
            self._backoff.reset()
            self._pause_seconds = 0.0
            self._observe(BreakerClosed(self._store))
