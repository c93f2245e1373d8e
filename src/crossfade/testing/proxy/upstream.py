"""The proxy's connection to the server."""

from __future__ import annotations

import asyncio

from crossfade.testing.proxy.listener import close
from crossfade.testing.proxy.messages import Message, Request, ends_connection, read_answer
from crossfade.testing.proxy.rules import Forwarded, Record

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Upstream:
    """A connection to the server that sends one request after another and records the answers.

    Args:
        address: the server's host and port.
        record: where each answer is recorded.
    """

    def __init__(self, address: tuple[str, int], record: Record) -> None:
        self._address = address
        self._record = record
        self._connection: _Connection | None = None

    async def forward(self, request: Request) -> Message:
        """Send a request as received and return the server's answer.

        Raises:
            OSError: the server cannot be reached, or reset the connection.
            asyncio.IncompleteReadError: the connection ended within the answer.
        """
        reader, writer = await self._connected()
        writer.write(request.message.wire)
        await writer.drain()
        answer = await read_answer(reader, request.method)
        await self._record.add(Forwarded(request, answer.status))
        if ends_connection(answer):
            await self.close()
        return answer

    async def close(self) -> None:
        """Close the connection, if one is open."""
        if self._connection is not None:
            _, writer = self._connection
            self._connection = None
            await close(writer)

    async def _connected(self) -> _Connection:
        if self._connection is not None and self._connection[0].at_eof():
            await self.close()
        if self._connection is None:
            self._connection = await asyncio.open_connection(*self._address)
        return self._connection
