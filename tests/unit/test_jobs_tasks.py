"""Tasks that are stopped and waited for, with a cancellation that they obey or swallow."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from crossfade.errors import Unreachable
from crossfade.jobs.tasks import cancel_and_wait, run_together, sleep_unless

SECONDS_MAX = 30.0


async def test_a_sleep_ends_after_its_time() -> None:
    assert await sleep_unless(asyncio.Event(), 0.001) is True


async def test_a_sleep_ends_when_the_event_is_set() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)
    async with asyncio.timeout(SECONDS_MAX):
        assert await sleep_unless(stop, 2 * SECONDS_MAX) is False


@pytest.mark.parametrize("seconds", [0.0, 2 * SECONDS_MAX])
async def test_a_sleep_after_the_event_does_not_wait(seconds: float) -> None:
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(SECONDS_MAX):
        assert await sleep_unless(stop, seconds) is False


async def test_a_cancelled_sleep_is_not_a_sleep_that_ended() -> None:
    sleeping = asyncio.create_task(sleep_unless(asyncio.Event(), SECONDS_MAX))
    await asyncio.sleep(0)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping


async def test_cancelled_tasks_have_ended_afterwards() -> None:
    """One of them needs several turns of the event loop for its end."""
    ended: list[str] = []

    async def wait(name: str, turns: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(turns):
                await asyncio.sleep(0)
            ended.append(name)

    tasks = [asyncio.create_task(wait("slow", 5)), asyncio.create_task(wait("quick", 0))]
    await asyncio.sleep(0)
    async with asyncio.timeout(SECONDS_MAX):
        await cancel_and_wait(*tasks)
    assert ended == ["quick", "slow"]
    assert all(task.cancelled() for task in tasks)


async def test_a_task_that_swallows_its_cancellation_is_waited_for() -> None:
    """It checks an event that was set before, as `cancel_and_wait` asks of a task that loops."""
    stop = asyncio.Event()

    async def loop() -> str:
        while not stop.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return "ended in order"

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(SECONDS_MAX):
        await cancel_and_wait(task)
    assert task.result() == "ended in order"


async def test_a_task_that_failed_before_is_not_raised_by_its_cancellation() -> None:
    async def fail() -> None:
        raise Unreachable("down")

    async def succeed() -> str:
        return "done"

    failed, done = asyncio.create_task(fail()), asyncio.create_task(succeed())
    await asyncio.sleep(0)
    await cancel_and_wait(failed, done)
    assert isinstance(failed.exception(), Unreachable)
    assert done.result() == "done"


async def test_nothing_to_cancel_is_nothing_to_wait_for() -> None:
    await cancel_and_wait()


async def test_jobs_run_side_by_side_and_return_in_their_order() -> None:
    """The first can end only after the second has begun."""
    begun = asyncio.Event()

    async def first() -> int:
        await begun.wait()
        return 1

    async def second() -> int:
        begun.set()
        return 2

    async with asyncio.timeout(SECONDS_MAX):
        assert await run_together([first(), second()]) == [1, 2]


async def test_the_first_failure_ends_the_other_jobs() -> None:
    ended = asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise Unreachable("down")

    async with asyncio.timeout(SECONDS_MAX):
        with pytest.raises(Unreachable, match="down"):
            await run_together([wait(), fail()])
    assert ended.is_set()


async def test_jobs_end_when_those_that_wait_for_them_are_cancelled() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    waiting = asyncio.create_task(run_together([wait()]))
    async with asyncio.timeout(SECONDS_MAX):
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert ended.is_set()
