"""A bounded connection pool: idle connections in LIFO order, waiting callers in FIFO order."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crossfade.dynamo.http.connection import Connection
from crossfade.errors import Overloaded, Unreachable

Dial = Callable[[Callable[[Connection], None]], Awaitable[Connection]]
"""Opens a connection that calls the given function when it is closed; raises Unreachable."""

Waiter = asyncio.Future[Connection | None]
"""Resolves to a released connection, or to None when another connection may be opened."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a pool; `Config` describes them."""

    connections_max: int
    waiters_max: int
    idle_seconds_max: float


class Pool:
    """Lends each connection to one caller at a time, and keeps those that remain usable.

    Args:
        dial: opens a connection.
        limits: how many connections and callers it holds.
        loop: the event loop that it belongs to.
    """

    __slots__ = (
        "_closed",
        "_dial",
        "_empty",
        "_idle",
        "_limits",
        "_live",
        "_loop",
        "_open",
        "_waiters",
    )

    def __init__(self, dial: Dial, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self._dial = dial
        self._limits = limits
        self._loop = loop
        self._idle: list[Connection] = []
        self._live: set[Connection] = set()
        self._waiters: OrderedDict[Waiter, None] = OrderedDict()
        self._open = 0
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def open_count(self) -> int:
        """The number of connections that are open or being opened."""
        return self._open

    @property
    def idle_count(self) -> int:
        """The number of idle connections."""
        return len(self._idle)

    def take(self) -> Connection | None:
        """Return an idle connection, None if there is none; `acquire` waits for one."""
        oldest = self._loop.time() - self._limits.idle_seconds_max
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.idle_since >= oldest:
                return connection
            connection.abort()
        return None

    async def acquire(self, deadline: float) -> Connection:
        """Return a connection for one exchange; `release` it afterwards.

        Args:
            deadline: when to stop waiting, in the event loop's time.

        Raises:
            Overloaded: too many callers wait already, or no connection became free in time.
            Unreachable: a new connection could not be opened, or the pool is closed.
        """
        while not self._closed:
            connection = self.take() or await self._open_or_wait(deadline)
            if connection is not None and connection.usable:
                return connection
        raise Unreachable("the client is closed; open another one")

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool after its exchange, successful or not."""
        if self._closed or not connection.usable:
            connection.abort()
            return
        connection.idle_since = self._loop.time()
        waiter = self._next_waiter()
        if waiter is None:
            self._idle.append(connection)
        else:
            waiter.set_result(connection)

    def drop_idle(self) -> None:
        """Close all idle connections, because their peer is suspected to be dead."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.abort()

    async def close(self) -> None:
        """Close every connection, busy ones included, and wait until they are closed."""
        self._closed = True
        while (waiter := self._next_waiter()) is not None:
            waiter.set_result(None)
        for connection in tuple(self._live):
            connection.abort()
        self._idle.clear()
        await self._empty.wait()

    async def _open_or_wait(self, deadline: float) -> Connection | None:
        if self._open < self._limits.connections_max:
            return await self._open_one()
        return await self._wait(deadline)

    async def _open_one(self) -> Connection:
        self._open += 1
        self._empty.clear()
        connection: Connection | None = None
        try:
            connection = await self._dial(self._lost)
        finally:
            if connection is None or not connection.usable:
                self._discard_one()
        if not connection.usable:
            raise Unreachable("the connection was closed as soon as it was open")
        self._live.add(connection)
        if self._closed:
            connection.abort()
        return connection

    async def _wait(self, deadline: float) -> Connection | None:
        """Wait for a released connection; None: another connection may be opened."""
        if len(self._waiters) >= self._limits.waiters_max:
            raise Overloaded(
                f"{len(self._waiters)} calls wait for one of {self._limits.connections_max} "
                "connections; raise connections_max or send fewer at once"
            )
        waiter: Waiter = self._loop.create_future()
        timer = self._loop.call_at(deadline, _expire, waiter)
        self._waiters[waiter] = None
        try:
            return await waiter
        except asyncio.CancelledError:
            self._pass_on(waiter)
            raise
        finally:
            timer.cancel()
            self._waiters.pop(waiter, None)

    def _pass_on(self, waiter: Waiter) -> None:
        """Give the result of a cancelled waiter to the next one."""
        if waiter.cancelled() or waiter.exception() is not None:
            return
        connection = waiter.result()
        if connection is None:
            self._wake_one()
        else:
            self.release(connection)

    def _next_waiter(self) -> Waiter | None:
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                return waiter
        return None

    def _wake_one(self) -> None:
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(None)

    def _lost(self, connection: Connection) -> None:
        if connection in self._live:
            self._live.discard(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._discard_one()

    def _discard_one(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._empty.set()
        self._wake_one()


def _expire(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(Overloaded("no connection became free in time; nothing was sent"))
