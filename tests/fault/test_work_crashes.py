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
from support.engines.product import RunningProduct
from support.kill import start


async def start_work(product: RunningProduct, *arguments: str) -> asyncio.subprocess.Process:
    """Start `crossfade work` as a separate process."""
    return await start(
        product,
        "work",
        *arguments,
        stderr=asyncio.subprocess.DEVNULL,
        variables={"CROSSFADE_TARGET_TIMEOUT_SECONDS": "60"},
    )


async def newest(product: RunningProduct) -> OperatorRequest:
    async with open_pool(product.direct.dsn) as pool:
        (found,) = await PostgresRequests(pool).newest()
        return found


async def stopped_while_verifying(
    product: RunningProduct, number: signal.Signals, *arguments: str, code: int
) -> OperatorRequest:
    """Send a signal to a worker that is reading a table which does not answer."""
    await furnish(product)
    async with open_pool(product.direct.dsn) as pool:
        await PostgresRequests(pool).ask(Verify(), "ada")
    product.dynamo.add(Rule(Stall(), operation="Scan"))
    process = await start_work(product, *arguments)
    async with asyncio.timeout(90):
        while (await newest(product)).state is not RequestState.RUNNING:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    process.send_signal(number)
    async with asyncio.timeout(90):
        assert await process.wait() == code
    product.dynamo.clear()
    return await newest(product)


async def do_all(product: RunningProduct) -> OperatorRequest:
    """Work until nothing is asked for, in another process."""
    async with asyncio.timeout(90):
        assert await (await start_work(product, "--until-done")).wait() == 0
    return await newest(product)


async def test_a_killed_workers_request_is_done_by_the_next(product: RunningProduct) -> None:
    left = await stopped_while_verifying(product, signal.SIGKILL, code=-signal.SIGKILL)
    assert left.state is RequestState.RUNNING
    await product.sql("UPDATE crossfade.request SET lease_until = now()")  # as after 30 seconds
    done = await do_all(product)
    assert (done.state, done.attempts) == (RequestState.DONE, 2)
    assert str(done.outcome).endswith("0 open findings")


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--until-done",), 130)])
async def test_a_stopped_worker_gives_its_request_back_at_once(
    product: RunningProduct, arguments: tuple[str, ...], code: int
) -> None:
    """With `--until-done` it has not done what was asked, and its exit code says so."""
    left = await stopped_while_verifying(product, signal.SIGTERM, *arguments, code=code)
    assert (left.state, left.attempts) == (RequestState.WAITING, 0)
    done = await do_all(product)
    assert (done.state, done.attempts) == (RequestState.DONE, 1)
