"""`crossfade work` killed or stopped in the middle: another one does what was asked for."""

from __future__ import annotations

import asyncio
import signal

import pytest

from crossfade.operations.requests import OperatorRequest, RequestState, Verify
from crossfade.postgres import open_pool
from crossfade.postgres.monitoring.requests import PostgresRequests
from crossfade.testing import Rule, Stall
from support.damage import furnish
from support.engines.world import World
from support.kill import start


async def start_work(world: World, *arguments: str) -> asyncio.subprocess.Process:
    """Start `crossfade work` as a process of its own."""
    return await start(
        world,
        "work",
        *arguments,
        stderr=asyncio.subprocess.DEVNULL,
        variables={"CROSSFADE_TARGET_TIMEOUT_SECONDS": "60"},
    )


async def newest(world: World) -> OperatorRequest:
    async with open_pool(world.direct.dsn) as pool:
        (found,) = await PostgresRequests(pool).newest()
        return found


async def stopped_while_verifying(
    world: World, number: signal.Signals, *arguments: str, code: int
) -> OperatorRequest:
    """Send a signal to a worker that is reading a table which does not answer."""
    await furnish(world)
    async with open_pool(world.direct.dsn) as pool:
        await PostgresRequests(pool).ask(Verify(), "ada")
    world.dynamo.add(Rule(Stall(), operation="Scan"))
    process = await start_work(world, *arguments)
    async with asyncio.timeout(90):
        while (await newest(world)).state is not RequestState.RUNNING:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    process.send_signal(number)
    async with asyncio.timeout(90):
        assert await process.wait() == code
    world.dynamo.clear()
    return await newest(world)


async def do_all(world: World) -> OperatorRequest:
    """Work until nothing is asked for, in another process."""
    async with asyncio.timeout(90):
        assert await (await start_work(world, "--until-done")).wait() == 0
    return await newest(world)


async def test_a_killed_workers_request_is_done_by_the_next(world: World) -> None:
    left = await stopped_while_verifying(world, signal.SIGKILL, code=-signal.SIGKILL)
    assert left.state is RequestState.RUNNING
    await world.sql("UPDATE crossfade.request SET lease_until = now()")  # as after 30 seconds
    done = await do_all(world)
    assert (done.state, done.attempts) == (RequestState.DONE, 2)
    assert str(done.outcome).endswith("0 open findings")


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--until-done",), 130)])
async def test_a_stopped_worker_gives_its_request_back_at_once(
    world: World, arguments: tuple[str, ...], code: int
) -> None:
    """Told to do all, it has not done what it was told."""
    left = await stopped_while_verifying(world, signal.SIGTERM, *arguments, code=code)
    assert (left.state, left.attempts) == (RequestState.WAITING, 0)
    done = await do_all(world)
    assert (done.state, done.attempts) == (RequestState.DONE, 1)
