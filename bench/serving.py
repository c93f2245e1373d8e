"""Shared by the null servers: HTTP/1.1 framing, and a separate process.

A null server prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

Answer = Callable[[bytes, bytes], bytes]
"""Returns the complete response to a request, given its head as received and its body."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """A connection that answers requests one after another."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._buffer = bytearray()
        self._continued = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every complete request."""
        assert self._transport is not None
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            stop = end + 4 + _length(head)
            if len(self._buffer) < stop:
                if b"100-continue" in head and not self._continued:
                    self._continued = True
                    self._transport.write(CONTINUE)
                return
            body = bytes(self._buffer[end + 4 : stop])
            del self._buffer[:stop]
            self._continued = False
            self._transport.write(self._answer(head, body))


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


@asynccontextmanager
async def process_of(module: str, *arguments: str) -> AsyncIterator[int]:
    """Run a null server's module in a separate process; yield its port on 127.0.0.1."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


async def serve(answer: Answer, context: ssl.SSLContext | None = None) -> None:
    """Print a free port and serve on it until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answer), "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()
