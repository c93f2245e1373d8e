"""A server that answers Scan and BatchGetItem from memory, in a separate process.

`python -m bench.verify_pages FILE` serves the items of a file with one JSON object per line, prints
its port and serves until its input ends.
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


class MemoryTable:
    """Items in the order of the file, and the index of each key."""

    def __init__(self, lines: list[bytes]) -> None:
        self._items = lines
        self._positions = {_key(orjson.loads(line)): number for number, line in enumerate(lines)}

    def respond(self, head: bytes, body: bytes) -> bytes:
        """Return the response to Scan or BatchGetItem."""
        answer = self.scan if b".scan" in head.lower() else self.get
        return _framed(answer(orjson.loads(body)))

    def scan(self, request: dict[str, Any]) -> bytes:
        """Return the body of a page, which ends at 1 MB or at the limit, as in DynamoDB."""
        total = request.get("TotalSegments", 1)
        segment = request.get("Segment", 0)
        begin = len(self._items) * segment // total
        end = len(self._items) * (segment + 1) // total
        if "ExclusiveStartKey" in request:
            begin = self._positions[_key(request["ExclusiveStartKey"])] + 1
        stop, size = begin, 0
        while stop < end and size < PAGE_BYTES_MAX and stop - begin < request.get("Limit", end):
            size += len(self._items[stop])
            stop += 1
        rest: dict[str, Any] = {"Count": stop - begin, "ScannedCount": stop - begin}
        rest["ConsumedCapacity"] = {"TableName": "t", "CapacityUnits": -(-size // READ_UNIT_BYTES)}
        if stop < end:
            last = orjson.loads(self._items[stop - 1])
            rest["LastEvaluatedKey"] = {"pk": last["pk"], "sk": last["sk"]}
        return b'{"Items":[' + b",".join(self._items[begin:stop]) + b"]," + orjson.dumps(rest)[1:]

    def get(self, request: dict[str, Any]) -> bytes:
        """Return the body of a batch: the items that exist."""
        ((table, parameters),) = request["RequestItems"].items()
        numbers = (self._positions.get(_key(key)) for key in parameters["Keys"])
        found = b",".join(self._items[number] for number in numbers if number is not None)
        return b'{"Responses":{' + orjson.dumps(table) + b":[" + found + b'],"UnprocessedKeys":{}}}'


def _framed(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nx-amz-crc32: {crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def page_server(file: Path) -> AbstractAsyncContextManager[int]:
    """Run the server in a separate process; yield its port on 127.0.0.1."""
    return process_of(__name__, str(file))


if __name__ == "__main__":
    uvloop.run(serve(MemoryTable(Path(sys.argv[1]).read_bytes().splitlines()).respond))
