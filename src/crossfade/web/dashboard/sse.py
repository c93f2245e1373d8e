"""Live pages: one snapshot of the database a tick, sent to all open pages as events.

Source: HTML Living Standard, "Server-sent events".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

from fastapi.responses import StreamingResponse

from crossfade.errors import Throttled, Unavailable
from crossfade.jobs.tasks import cancel_and_wait, sleep_unless

T = TypeVar("T")

TICK_SECONDS = 2.0
STREAM_SECONDS_MAX = 900.0
"""A stream ends after this time; the browser reconnects, and its cookie is checked again."""
WATCHERS_MAX = 200
INTERVAL_FACTOR = 10.0
"""The least interval of snapshots as a multiple of the last one's duration, to limit the load."""


class SnapshotStream(Generic[T]):
    """A stream of snapshots, read only while pages watch and at most once a tick.

    Args:
        read: reads a snapshot.
        stop: ends every stream when it is set.
        tick_seconds: the least interval of snapshots.

    Attributes:
        watchers: the number of open streams.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        stop: asyncio.Event,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._read = read
        self._stop = stop
        self._tick_seconds = tick_seconds
        self._due = 0.0
        self._tick: asyncio.Task[T | Unavailable] | None = None
        self.watchers = 0

    async def now(self) -> T:
        """Return a snapshot of this moment.

        Raises:
            Unavailable: the database cannot answer.
        """
        return await self._read()

    async def next(self) -> T | Unavailable:
        """Return the next snapshot, shared by all waiting callers, or the error of reading it."""
        if self._tick is None or self._tick.done():
            self._tick = asyncio.create_task(self._read_when_due())
        return await asyncio.shield(self._tick)

    async def close(self) -> None:
        """Cancel the current read."""
        if self._tick is not None:
            await cancel_and_wait(self._tick)

    def stream(self, render: Callable[[T], str]) -> StreamingResponse:
        """Return a response that sends each changed snapshot as HTML.

        Args:
            render: returns the HTML of a snapshot.

        Raises:
            Throttled: `WATCHERS_MAX` streams are open.
        """
        if self.watchers >= WATCHERS_MAX:
            raise Throttled(f"{WATCHERS_MAX} live pages are open; close one of them")
        return StreamingResponse(
            self._events(render),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _events(self, render: Callable[[T], str]) -> AsyncIterator[str]:
        self.watchers += 1
        ends = monotonic() + STREAM_SECONDS_MAX
        sent = ""
        try:
            yield "retry: 2000\n\n"
            while not self._stop.is_set() and monotonic() < ends:
                snapshot = await self.next()
                if isinstance(snapshot, Unavailable):
                    yield _event("lost", type(snapshot).__name__)
                    continue
                html = render(snapshot)
                yield _event("snapshot", html) if html != sent else ": nothing has changed\n\n"
                sent = html
        finally:
            self.watchers -= 1

    async def _read_when_due(self) -> T | Unavailable:
        await sleep_unless(self._stop, max(0.0, self._due - monotonic()))
        started = monotonic()
        try:
            return await self._read()
        except Unavailable as error:
            return error
        finally:
            took = monotonic() - started
            self._due = started + max(self._tick_seconds, INTERVAL_FACTOR * took)


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n"
