"""SnapshotStream pages share one look a tick, whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest

from crossfade.errors import Throttled, Unreachable
from crossfade.web.dashboard.sse import WATCHERS_MAX, SnapshotStream

SECONDS_MAX = 30.0


class Scene:
    """Something to look at, that counts how often."""

    def __init__(self) -> None:
        self.looks = 0
        self.fails = False

    async def look(self) -> int:
        self.looks += 1
        await asyncio.sleep(0)
        if self.fails:
            raise Unreachable("not there")
        return self.looks


@asynccontextmanager
async def watching(live: SnapshotStream[int]) -> AsyncIterator[None]:
    """Somebody who watches."""
    stream = live.stream(str).body_iterator
    assert isinstance(stream, AsyncGenerator)
    async with aclosing(stream):
        await anext(stream)
        yield


async def first(stream: AsyncIterable[str | bytes | memoryview], start: str) -> str:
    """The first part of a stream that begins so."""
    async with asyncio.timeout(SECONDS_MAX):
        async for part in stream:
            if str(part).startswith(start):
                return str(part)
    raise AssertionError(f"the stream ended without {start}")


async def test_who_watches_at_the_same_time_shares_a_look() -> None:
    scene = Scene()
    live = SnapshotStream(scene.look, asyncio.Event(), tick_seconds=0.01)
    for tick in range(1, 4):
        assert set(await asyncio.gather(*(live.next() for _ in range(50)))) == {tick}
    assert scene.looks == 3


async def test_nobody_watches_and_nothing_is_asked() -> None:
    scene = Scene()
    live = SnapshotStream(scene.look, asyncio.Event(), tick_seconds=0.0)
    await live.next()
    await asyncio.sleep(0.05)
    assert scene.looks == 1


async def test_one_who_leaves_does_not_take_the_look_along() -> None:
    scene = Scene()
    live = SnapshotStream(scene.look, asyncio.Event(), tick_seconds=0.05)
    leaving = asyncio.create_task(live.next())
    staying = asyncio.create_task(live.next())
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 1


async def test_an_unchanged_page_is_not_sent_again() -> None:
    stop = asyncio.Event()
    stream = (
        SnapshotStream(Scene().look, stop, tick_seconds=0.0)
        .stream(lambda _: "the same")
        .body_iterator
    )
    assert await first(stream, "event: ") == "event: look\ndata: the same\n\n"
    assert await first(stream, ":") == ": nothing has changed\n\n"
    stop.set()
    assert [part async for part in stream] == []


async def test_every_line_of_a_page_is_sent_as_data() -> None:
    """A line of the page cannot end the event or begin another one."""
    stream = (
        SnapshotStream(Scene().look, asyncio.Event())
        .stream(lambda _: "a\n\nevent: b\rc")
        .body_iterator
    )
    sent = await first(stream, "event: ")
    assert sent == "event: look\ndata: a\ndata: \ndata: event: b\ndata: c\n\n"


async def test_a_database_that_is_away_is_told_and_comes_back() -> None:
    scene = Scene()
    scene.fails = True
    stream = SnapshotStream(scene.look, asyncio.Event(), tick_seconds=0.0).stream(str).body_iterator
    assert await first(stream, "event: ") == "event: lost\ndata: Unreachable\n\n"
    scene.fails = False
    assert (await first(stream, "event: look")).startswith("event: look\n")


async def test_watchers_are_limited_and_make_room_when_they_leave() -> None:
    live = SnapshotStream(Scene().look, asyncio.Event(), tick_seconds=0.0)
    async with AsyncExitStack() as others:
        for _ in range(WATCHERS_MAX - 1):
            await others.enter_async_context(watching(live))
        async with watching(live):
            with pytest.raises(Throttled):
                live.stream(str)
        live.stream(str)
    assert live.watchers == 0
