"""A keep-alive connection with one request in flight at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from crossfade.dynamo.http.http1 import Malformed, ResponseParser
from crossfade.dynamo.request import Response
from crossfade.errors import CorruptResponse, Interrupted, TimedOut, Unreachable


class Stale(Interrupted):
    """A connection that had served a response was closed before the first byte of the next."""


class Connection(asyncio.Protocol):
    """Sends a request and parses its response.

    If an exchange fails, is cancelled or times out, its connection is closed and never used again,
    so that a late response cannot reach another call.

    Args:
        loop: the event loop that it belongs to.
        on_lost: called with the connection when it is closed.

    Attributes:
        idle_since: when it was last released, in the event loop's time.
    """

    __slots__ = (
        "_deadline",
        "_loop",
        "_on_lost",
        "_parser",
        "_served",
        "_timer",
        "_transport",
        "_waiter",
        "idle_since",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_lost: Callable[[Connection], None]
    ) -> None:
        self._loop = loop
        self._on_lost = on_lost
        self._parser = ResponseParser()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._served = False
        self.idle_since = 0.0

    @property
    def usable(self) -> bool:
        """Whether another exchange may begin."""
        transport = self._transport
        return (
            transport is not None
            and not transport.is_closing()
            and self._waiter is None
            and self._parser.keep_alive
        )

    def exchange(self, payload: bytes, deadline: float) -> asyncio.Future[Response]:
        """Send a request and return a future of its response.

        A caller that stops waiting for the response, by cancellation too, must release the
        connection to its pool or abort it.

        Args:
            payload: the whole request, head and body.
            deadline: when to stop waiting, in the event loop's time.

        Raises:
            Unreachable: the connection was closed already; nothing was sent.
            Stale: it had served a response and broke before the first byte of this one.
            Interrupted: it broke later.
            TimedOut: the deadline passed.
            CorruptResponse: the response is not HTTP.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise Unreachable("the connection was closed before the request was sent")
        waiter = self._waiter = self._loop.create_future()
        self._watch(deadline)
        transport.write(payload)
        return waiter

    def abort(self) -> None:
        """Close at once, without waiting for the exchange in progress."""
        if self._transport is not None:
            self._parser.keep_alive = False
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport. Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Parse bytes of the response. Called by the event loop."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            self.abort()  # unsolicited bytes: the peer violates the protocol
            return
        try:
            response = self._parser.feed(data)
        except Malformed as error:
            self._fail(CorruptResponse(f"DynamoDB's answer is not HTTP: {error}"))
            return
        if response is not None:
            self._waiter = None
            self._served = True
            waiter.set_result(response)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange in progress. Called by the event loop."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            is_stale = self._served and not self._parser.started
            response = self._parser.end() if exc is None else None
            if response is not None:
                waiter.set_result(response)
            else:
                error_class = Stale if is_stale else Interrupted
                waiter.set_exception(error_class("the connection broke before DynamoDB's answer"))
        self._on_lost(self)

    def _watch(self, deadline: float) -> None:
        # A timer of an earlier exchange is kept and compares with the new deadline when it fires:
        # under load that is one timer every few seconds instead of one per request.
        self._deadline = deadline
        timer = self._timer
        if timer is not None and timer.when() <= deadline:
            return
        if timer is not None:
            timer.cancel()
        self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._expire)
            return
        self._fail(TimedOut("DynamoDB did not answer in time; the write may have happened or not"))

    def _fail(self, error: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.abort()
