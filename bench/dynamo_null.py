"""A server that answers DynamoDB requests at once and stores nothing, as its own process.

`python -m bench.dynamo_null [CERTIFICATE]` prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zlib import crc32

import orjson
import uvloop

from bench.dynamo_items import ITEM, PAGE_ITEMS, TABLE


def answer(content: object) -> bytes:
    """Return a whole response as DynamoDB frames it."""
    body = orjson.dumps(content)
    head = (
        "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Sat, 03 Jan 2026 12:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n"
        "x-amzn-RequestId: 6HQ1O6U3JM0OEXAMPLE7JV3RVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


ANSWERS = {
    b"PutItem": answer({}),
    b"GetItem": answer({"Item": ITEM}),
    b"Query": answer({"Items": [ITEM] * PAGE_ITEMS, "Count": PAGE_ITEMS, "ScannedCount": 25}),
    b"BatchWriteItem": answer({"UnprocessedItems": {}}),
    b"DescribeTable": answer(
        {
            "Table": {
                "TableName": TABLE,
                "TableStatus": "ACTIVE",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            }
        }
    ),
}


class Null(asyncio.Protocol):
    """Reads requests by their length and answers by their operation."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment]  # the event loop's promise

    def data_received(self, data: bytes) -> None:
        """Answer every complete request."""
        assert self._transport is not None
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            target = self._buffer[head.index(b"dynamodb_20120810.") + 18 : end]
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(ANSWERS[target.split(b"\r\n", 1)[0].strip()])


@asynccontextmanager
async def null_server(certificate: str = "") -> AsyncIterator[int]:
    """Run the server in a process of its own; yields its port on 127.0.0.1."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, certificate),
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


async def serve(certificate: str) -> None:
    """Serve until standard input ends."""
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Null, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1] if len(sys.argv) > 1 else ""))
