"""A circuit breaker: after repeated failures a store is not called for a while, then tried once."""

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
        failures_max: consecutive failures that open it.
        pause_seconds: first pause; it doubles with each failed trial.
        pause_seconds_max: longest pause.
    """

    failures_max: int = 5
    pause_seconds: float = 1.0
    pause_seconds_max: float = 30.0


class Breaker:
    """The breaker of one store, shared by all calls of this process to that store.

    It counts consecutive failures. A store that rejects a record, throttles or reports contention
    is available, so these errors do not count.
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
        """Return whether the breaker is open: no call has succeeded since it opened."""
        return self._pause_seconds > 0

    @property
    def wait_seconds(self) -> float:
        """Return the seconds until the next call is allowed; 0 if it is allowed now."""
        return max(0.0, self._open_until - self._clock()) if self.is_open else 0.0

    async def call(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Call `operation` and return its result.

        Raises:
            BreakerOpen: the call was not made.
            Unavailable: the operation raised it; it counts as a failure unless the store is
                available.
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
        """Count a failure; while the breaker is open, only that of a trial."""
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
