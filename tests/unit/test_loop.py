"""The loop: at once while there is work, slower without; failures do not end it, its event does."""

from __future__ import annotations

import asyncio

from crossfade.errors import Unreachable
from crossfade.events import Event, LoopFailed
from crossfade.jobs.loop import Pauses, forever

QUICK = Pauses(
    idle_seconds=0.001, idle_seconds_max=0.002, failure_seconds=0.001, failure_seconds_max=0.002
)


async def steps_until_stopped(answers: list[bool | Exception]) -> list[Event]:
    stop = asyncio.Event()
    events: list[Event] = []
    left = list(answers)

    async def step() -> bool:
        answer = left.pop(0)
        if not left:
            stop.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with asyncio.timeout(30):
        await forever("relay", step, stop, events.append, QUICK)
    assert not left
    return events


async def test_repeats_until_stopped() -> None:
    assert await steps_until_stopped([True, False, False, False, True]) == []


async def test_a_step_that_raises_is_reported_and_repeated() -> None:
    events = await steps_until_stopped([Unreachable("no route"), Unreachable("no route"), True])
    assert events == [
        LoopFailed("relay", Unreachable, "no route", 0.001),
        LoopFailed("relay", Unreachable, "no route", 0.002),
    ]


async def test_the_text_of_a_foreign_error_is_not_reported() -> None:
    (event,) = await steps_until_stopped([ValueError("a transcript"), True])
    assert isinstance(event, LoopFailed)
    assert "a transcript" not in event.reason
    assert "test_loop.py" in event.reason


async def test_stopping_interrupts_a_long_pause() -> None:
    stop = asyncio.Event()

    async def idle() -> bool:
        asyncio.get_running_loop().call_soon(stop.set)
        return False

    async with asyncio.timeout(30):
        await forever("relay", idle, stop, lambda _: None, Pauses(60, 60, 60, 60))
