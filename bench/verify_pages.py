"""A server that answers Scan and BatchGetItem from memory at once, as its own process.

`python -m bench.verify_pages FILE` serves the items of a file, one JSON object a line, prints its
port and serves until its input ends.
"""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
import uvloop

from bench.serving import process_of, serve

PAGE_BYTES_MAX = 1 << 20
READ_UNIT_BYTES = 4096


class ObjectChecker:
    """Items in an order that is none, and where each stands."""

    def __init__(self, lines: list[bytes]) -> None:
        self._items = lines
        self._places = {_place(orjson.loads(line)): number for number, line in enumerate(lines)}

    def respond(self, head: bytes, body: bytes) -> bytes:
        """Return the answer to Scan or BatchGetItem."""
        answer = self.scan if b".scan" in head.lower() else self.get
        return _framed(answer(orjson.loads(body)))

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


def _framed(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nx-amz-crc32: {crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


def _place(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def page_server(file: Path) -> AbstractAsyncContextManager[int]:
    """Run the server; its port."""
    return process_of(__name__, str(file))


if __name__ == "__main__":
    uvloop.run(serve(ObjectChecker(Path(sys.argv[1]).read_bytes().splitlines()).respond))
