"""A server that keeps S3 objects in memory and checks nothing, in a separate process.

`python -m bench.objects_null` prints its port and serves until its input ends.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import uvloop

from bench.serving import process_of, serve

HEADERS = (
    "Server: Null\r\nDate: Sat, 03 Jan 2026 12:00:00 GMT\r\n"
    "Last-Modified: Sat, 03 Jan 2026 12:00:00 GMT\r\n"
    'ETag: "9bb58f26192e4ba00f01e2e7b136bbd8"\r\n'
)
CREATED = f"HTTP/1.1 200 OK\r\n{HEADERS}Content-Length: 0\r\n\r\n".encode()


class MemoryBucket:
    """The newest body of each path."""

    def __init__(self) -> None:
        self._bodies: dict[bytes, bytes] = {}

    def respond(self, head: bytes, body: bytes) -> bytes:
        """Return the response to a request: PUT stores a body, GET returns it."""
        method, path, _ = head.split(b" ", 2)
        if method == b"PUT":
            self._bodies[path] = body
            return CREATED
        body = self._bodies[path]
        return f"HTTP/1.1 200 OK\r\n{HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body


def null_server() -> AbstractAsyncContextManager[int]:
    """Run the server in a separate process; yield its port on 127.0.0.1."""
    return process_of(__name__)


if __name__ == "__main__":
    uvloop.run(serve(MemoryBucket().respond))
