"""A server that answers Scan and BatchGetItem from memory at once, as its own process.

`python -m bench.verify_pages FILE` serves the items of a file, one JSON object a line, prints its
port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
import uvloop

PAGE_BYTES_MAX = 1 << 20
READ_UNIT_BYTES = 4096


class Shelf:
    """Items in an order that is none, and where each stands."""

    def __init__(self, lines: list[bytes]) -> None:
        self._items = lines
        self._places = {_place(orjson.loads(line)): number for number, line in enumerate(lines)}

    def scan(self, request: dict[str, Any]) -> bytes:
        """Return a page: until 1 MB or the limit is reached, as DynamoDB does."""
        total = request.get("TotalSegments", 1)
        segment = request.get("Segment", 0)
        begin = len(self._items) * segment // total
        end = len(self._items) * (segment + 1) // total
        if "ExclusiveStartKey" in request:
            begin = self._places[_place(request["ExclusiveStartKey"])] + 1
        stop, size = begin, 0
        while stop < end and size < PAGE_BYTES_MAX and stop - begin < request.get("Limit", end):
            size += len(self._items[stop])
            stop += 1
        told: dict[str, Any] = {"Count": stop - begin, "ScannedCount": stop - begin}
        told["ConsumedCapacity"] = {"TableName": "t", "CapacityUnits": -(-size // READ_UNIT_BYTES)}
        if stop < end:
            last = orjson.loads(self._items[stop - 1])
            told["LastEvaluatedKey"] = {"pk": last["pk"], "sk": last["sk"]}
        return b'{"Items":[' + b",".join(self._items[begin:stop]) + b"]," + orjson.dumps(told)[1:]

    def get(self, request: dict[str, Any]) -> bytes:
        """Return the items of a batch."""
        ((table, asked),) = request["RequestItems"].items()
        numbers = (self._places.get(_place(key)) for key in asked["Keys"])
        found = b",".join(self._items[number] for number in numbers if number is not None)
        return b'{"Responses":{' + orjson.dumps(table) + b":[" + found + b'],"UnprocessedKeys":{}}}'


class Pages(asyncio.Protocol):
    """Reads requests by their length."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
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
            request = orjson.loads(self._buffer[end + 4 : end + 4 + length])
            self._buffer = self._buffer[end + 4 + length :]
            serve = self._shelf.scan if b".scan" in head else self._shelf.get
            self._transport.write(_framed(serve(request)))


def _framed(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nx-amz-crc32: {crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


def _place(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


@asynccontextmanager
async def page_server(file: Path) -> AsyncIterator[int]:
    """Run the server; its port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(file)),
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


async def _serve(file: Path) -> None:
    lines = await asyncio.to_thread(file.read_bytes)
    shelf = Shelf(lines.splitlines())
    server = await asyncio.get_running_loop().create_server(lambda: Pages(shelf), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1])))
