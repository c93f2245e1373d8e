"""A server that keeps S3 objects in memory and checks nothing, as its own process.

`python -m bench.objects_null` prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import uvloop

HEADERS = (
    "Server: Null\r\nDate: Sat, 03 Jan 2026 12:00:00 GMT\r\n"
    "Last-Modified: Sat, 03 Jan 2026 12:00:00 GMT\r\n"
    'ETag: "9bb58f26192e4ba00f01e2e7b136bbd8"\r\n'
)
CREATED = f"HTTP/1.1 200 OK\r\n{HEADERS}Content-Length: 0\r\n\r\n".encode()
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Null(asyncio.Protocol):
    """Keeps the newest body of each path."""

    def __init__(self, bodies: dict[bytes, bytes]) -> None:
        self._bodies = bodies
        self._buffer = bytearray()
        self._continued = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every complete request."""
        assert self._transport is not None
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            size = _length(head)
            if len(self._buffer) < end + 4 + size:
                if b"100-continue" in head and not self._continued:
                    self._continued = True
                    self._transport.write(CONTINUE)
                return
            body = bytes(self._buffer[end + 4 : end + 4 + size])
            del self._buffer[: end + 4 + size]
            self._continued = False
            self._transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        method, path, _ = head.split(b" ", 2)
        if method == b"PUT":
            self._bodies[path] = body
            return CREATED
        body = self._bodies[path]
        return f"HTTP/1.1 200 OK\r\n{HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


@asynccontextmanager
async def null_server() -> AsyncIterator[int]:
    """Run the server in a process of its own; yields its port on 127.0.0.1."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
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


async def serve() -> None:
    """Serve until standard input ends."""
    bodies: dict[bytes, bytes] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Null(bodies), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve())
