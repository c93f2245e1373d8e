"""Live pages share one snapshot a tick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest

from crossfade.errors import Throttled, Unreachable
from crossfade.web.dashboard.sse import WATCHERS_MAX, SnapshotStream

SECONDS_MAX = 30.0


class Scene:
    """A source of snapshots that counts its reads."""

    def __init__(self) -> None:
        self.reads = 0
        self.fails = False

    async def read(self) -> int:
        self.reads += 1
        await asyncio.sleep(0)
        if self.fails:
            raise Unreachable("not there")
        return self.reads


@asynccontextmanager
async def watching(live: SnapshotStream[int]) -> AsyncIterator[None]:
    """Watch the stream inside the block."""
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


async def test_pages_open_at_the_same_time_share_a_snapshot() -> None:
    scene = Scene()
    live = SnapshotStream(scene.read, asyncio.Event(), tick_seconds=0.01)
    for tick in range(1, 4):
        assert set(await asyncio.gather(*(live.next() for _ in range(50)))) == {tick}
    assert scene.reads == 3


async def test_without_an_open_page_nothing_is_read() -> None:
    scene = Scene()
    live = SnapshotStream(scene.read, asyncio.Event(), tick_seconds=0.0)
    await live.next()
    await asyncio.sleep(0.05)
    assert scene.reads == 1


async def test_closing_one_page_does_not_cancel_the_read_for_others() -> None:
    scene = Scene()
    live = SnapshotStream(scene.read, asyncio.Event(), tick_seconds=0.05)
    leaving = asyncio.create_task(live.next())
    staying = asyncio.create_task(live.next())
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 1


async def test_an_unchanged_page_is_not_sent_again() -> None:
    stop = asyncio.Event()
    stream = (
        SnapshotStream(Scene().read, stop, tick_seconds=0.0)
        .stream(lambda _: "the same")
        .body_iterator
    )
    assert await first(stream, "event: ") == "event: snapshot\ndata: the same\n\n"
    assert await first(stream, ":") == ": nothing has changed\n\n"
    stop.set()
    assert [part async for part in stream] == []


async def test_every_line_of_a_page_is_sent_as_data() -> None:
    """A line of the page cannot end the event or begin another one."""
    stream = (
        SnapshotStream(Scene().read, asyncio.Event())
        .stream(lambda _: "a\n\nevent: b\rc")
        .body_iterator
    )
    sent = await first(stream, "event: ")
    assert sent == "event: snapshot\ndata: a\ndata: \ndata: event: b\ndata: c\n\n"


async def test_an_unreachable_database_is_reported_until_it_returns() -> None:
    scene = Scene()
    scene.fails = True
    stream = SnapshotStream(scene.read, asyncio.Event(), tick_seconds=0.0).stream(str).body_iterator
    assert await first(stream, "event: ") == "event: lost\ndata: Unreachable\n\n"
    scene.fails = False
    assert (await first(stream, "event: snapshot")).startswith("event: snapshot\n")


async def test_watchers_are_limited_and_make_room_when_they_leave() -> None:
    live = SnapshotStream(Scene().read, asyncio.Event(), tick_seconds=0.0)
    async with AsyncExitStack() as others:
        for _ in range(WATCHERS_MAX - 1):
            await others.enter_async_context(watching(live))
        async with watching(live):
            with pytest.raises(Throttled):
                live.stream(str)
        live.stream(str)
    assert live.watchers == 0
