"""Live pages: one look at the database a tick, shared by all who watch, sent as events.

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
"""A page comes again after so long, and who it is for is looked at anew."""
WATCHERS_MAX = 200
SHARE_OF_TIME = 10.0
"""A look that takes long is repeated the later: it has a tenth of the time."""


class SnapshotStream(Generic[T]):
    """A look that is taken while somebody watches, and no more often than once a tick.

    Args:
        look: returns what there is to see.
        stop: ends every stream when it is set.
        tick_seconds: the pause between two looks.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[T]],
        stop: asyncio.Event,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._look = look
        self._stop = stop
        self._tick_seconds = tick_seconds
        self._due = 0.0
        self._tick: asyncio.Task[T | Unavailable] | None = None
        self.watchers = 0

    async def now(self) -> T:
        """Return what there is to see at this moment.

        Raises:
            Unavailable: the database cannot answer.
        """
        return await self._look()

    async def next(self) -> T | Unavailable:
        """Wait for the next look, which everybody who waits shares."""
        if self._tick is None or self._tick.done():
            self._tick = asyncio.create_task(self._look_when_due())
        return await asyncio.shield(self._tick)

    async def close(self) -> None:
        """End the look that is under way."""
        if self._tick is not None:
            await cancel_and_wait(self._tick)

    def stream(self, render: Callable[[T], str]) -> StreamingResponse:
        """Return an answer that sends what is seen as HTML, whenever it changes.

        Raises:
            Throttled: too many pages are watching.
        """
        if self.watchers >= WATCHERS_MAX:
            raise Throttled(f"{WATCHERS_MAX} pages are watching already; close one of them")
        return StreamingResponse(
            self._events(render),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _events(self, render: Callable[[T], str]) -> AsyncIterator[str]:
        self.watchers += 1
        ends = monotonic() + STREAM_SECONDS_MAX
        shown = ""
        try:
            yield "retry: 2000\n\n"
            while not self._stop.is_set() and monotonic() < ends:
                seen = await self.next()
                if isinstance(seen, Unavailable):
                    yield _event("lost", type(seen).__name__)
                    continue
                html = render(seen)
                yield _event("look", html) if html != shown else ": nothing has changed\n\n"
                shown = html
        finally:
            self.watchers -= 1

    async def _look_when_due(self) -> T | Unavailable:
        await sleep_unless(self._stop, max(0.0, self._due - monotonic()))
        began = monotonic()
        try:
            return await self._look()
        except Unavailable as error:
            return error
        finally:
            took = monotonic() - began
            self._due = began + max(self._tick_seconds, SHARE_OF_TIME * took)


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n"
