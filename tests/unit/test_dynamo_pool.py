"""The pool of connections, over real sockets: turns, limits, ages."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from crossfade.dynamo.http.connection import Connection
from crossfade.dynamo.http.pool import Limits, Pool
from crossfade.errors import Overloaded, Unreachable


class Wires:
    """Opens connections and keeps their other ends."""

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []
        self.fails = False
        self.closes_at_once = False

    async def dial(self, on_lost: Callable[[Connection], None]) -> Connection:
        if self.fails:
            raise Unreachable("nobody there")
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        self.ends.append(far)
        _, connection = await loop.create_connection(lambda: Connection(loop, on_lost), sock=near)
        while self.closes_at_once and connection.usable:
            far.close()
            await asyncio.sleep(0)
        return connection

    def close(self) -> None:
        for end in self.ends:
            end.close()


@pytest.fixture
async def wires() -> AsyncIterator[Wires]:
    wires = Wires()
    yield wires
    wires.close()


def pool_of(wires: Wires, connections_max: int = 1, idle_seconds_max: float = 60) -> Pool:
    limits = Limits(connections_max, waiters_max=100, idle_seconds_max=idle_seconds_max)
    return Pool(wires.dial, limits, asyncio.get_running_loop())


def soon() -> float:
    return asyncio.get_running_loop().time() + 10


async def test_the_connection_used_last_is_used_next(wires: Wires) -> None:
    pool = pool_of(wires, connections_max=2)
    first, second = await pool.acquire(soon()), await pool.acquire(soon())
    pool.release(first)
    pool.release(second)
    assert await pool.acquire(soon()) is second
    assert await pool.acquire(soon()) is first
    await pool.close()


async def test_waiters_are_served_in_order(wires: Wires) -> None:
    pool = pool_of(wires)
    connection = await pool.acquire(soon())
    served: list[int] = []

    async def wait(number: int) -> None:
        held = await pool.acquire(soon())
        served.append(number)
        pool.release(held)

    waiting = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    pool.release(connection)
    await asyncio.gather(*waiting)
    assert served == [0, 1, 2, 3, 4]
    assert len(wires.ends) == 1
    await pool.close()


async def test_a_waiter_cancelled_with_a_connection_in_hand_passes_it_on(wires: Wires) -> None:
    pool = pool_of(wires)
    connection = await pool.acquire(soon())
    cancelled = asyncio.create_task(pool.acquire(soon()))
    patient = asyncio.create_task(pool.acquire(soon()))
    await asyncio.sleep(0)
    pool.release(connection)
    cancelled.cancel()
    assert await patient is connection
    await asyncio.gather(cancelled, return_exceptions=True)
    assert cancelled.cancelled()
    await pool.close()


async def test_a_waiter_cancelled_when_it_may_open_one_passes_that_on(wires: Wires) -> None:
    pool = pool_of(wires)
    connection = await pool.acquire(soon())
    cancelled = asyncio.create_task(pool.acquire(soon()))
    patient = asyncio.create_task(pool.acquire(soon()))
    await asyncio.sleep(0)
    connection.connection_lost(None)
    cancelled.cancel()
    assert await patient is not connection
    await asyncio.gather(cancelled, return_exceptions=True)
    await pool.close()


async def test_a_lost_connection_makes_room_for_a_waiter(wires: Wires) -> None:
    pool = pool_of(wires)
    connection = await pool.acquire(soon())
    waiting = asyncio.create_task(pool.acquire(soon()))
    await asyncio.sleep(0)
    connection.abort()
    assert await waiting is not connection
    assert pool.open_count == 1
    await pool.close()


async def test_a_connection_closed_by_the_peer_leaves_the_pool(wires: Wires) -> None:
    pool = pool_of(wires)
    pool.release(await pool.acquire(soon()))
    assert (pool.open_count, pool.idle_count) == (1, 1)
    wires.ends[0].close()
    async with asyncio.timeout(30):
        while pool.open_count:  # noqa: ASYNC110 - a pool has no event for it
            await asyncio.sleep(0.001)
    assert pool.idle_count == 0
    pool.release(await pool.acquire(soon()))
    assert len(wires.ends) == 2
    await pool.close()


async def test_a_connection_idle_for_too_long_is_not_used_again(wires: Wires) -> None:
    pool = pool_of(wires, idle_seconds_max=0)
    old = await pool.acquire(soon())
    pool.release(old)
    await asyncio.sleep(0.01)
    assert await pool.acquire(soon()) is not old
    await pool.close()


async def test_a_failed_dial_leaves_room_for_the_next(wires: Wires) -> None:
    pool = pool_of(wires)
    wires.fails = True
    for _ in range(3):
        with pytest.raises(Unreachable):
            await pool.acquire(soon())
    assert pool.open_count == 0
    wires.fails = False
    await pool.acquire(soon())
    await pool.close()


async def test_a_connection_closed_as_soon_as_it_opens_is_counted_once(wires: Wires) -> None:
    pool = pool_of(wires, connections_max=2)
    held = await pool.acquire(soon())
    wires.closes_at_once = True
    with pytest.raises(Unreachable, match="as soon as"):
        await pool.acquire(soon())
    for _ in range(5):
        await asyncio.sleep(0)
    assert pool.open_count == 1
    pool.release(held)
    await pool.close()


async def test_a_waiter_gives_up_at_its_deadline(wires: Wires) -> None:
    pool = pool_of(wires)
    held = await pool.acquire(soon())
    with pytest.raises(Overloaded, match="in time"):
        await pool.acquire(asyncio.get_running_loop().time() + 0.01)
    pool.release(held)
    assert await pool.acquire(soon()) is held
    await pool.close()


async def test_closing_ends_everything_and_is_final(wires: Wires) -> None:
    pool = pool_of(wires)
    await pool.acquire(soon())
    waiting = asyncio.create_task(pool.acquire(soon()))
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(Unreachable, match="closed"):
        await waiting
    with pytest.raises(Unreachable, match="closed"):
        await pool.acquire(soon())
    assert (pool.open_count, pool.idle_count) == (0, 0)
    await pool.close()
