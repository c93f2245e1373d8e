"""Scanning a whole table in parallel segments, within a budget of read units."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from crossfade.dynamo.client import Client, encode
from crossfade.errors import CorruptResponse


class _Capacity(msgspec.Struct, frozen=True):
    CapacityUnits: float = 0.0


class _Answer(msgspec.Struct):
    Items: list[msgspec.Raw] = []
    ConsumedCapacity: _Capacity = _Capacity()
    LastEvaluatedKey: dict[str, Any] | None = None


_read_answer = msgspec.json.Decoder(_Answer).decode


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a scan.

    Attributes:
        items: each item in DynamoDB JSON, not decoded.
        read_units: the read units that DynamoDB charged for the page.
        last_key: the key after which the segment's next page begins; None at its end.
    """

    items: Sequence[bytes]
    read_units: float
    last_key: Mapping[str, Any] | None


class LeakyBucket:
    """A leaky bucket that limits the read units per second of all segments together.

    The units of a page are known only after it was read, so they are added afterwards, and the
    next page waits until the bucket is empty.

    Args:
        units_per_second: the rate at which the bucket leaks; None: no limit.
    """

    def __init__(self, units_per_second: float | None) -> None:
        self._units_per_second = units_per_second
        self._empty_at = 0.0

    async def add(self, units: float) -> None:
        """Add the units that were just consumed, and wait until they have leaked."""
        if self._units_per_second is None:
            return
        now = asyncio.get_running_loop().time()
        self._empty_at = max(self._empty_at, now) + units / self._units_per_second
        await asyncio.sleep(self._empty_at - now)


class TableScan:
    """Reads every item of a table once, strongly consistent.

    Args:
        client: a client of the table's region.
        table: the table's name.
        segments: how many segments are read at once; memory holds one page of each.
        page_items_max: items of one page; a higher number costs memory, and time for cache misses.
        units_per_second: the budget of read units per second; None: no limit.

    Attributes:
        segments: into how many segments a new scan divides the table.
    """

    def __init__(
        self,
        client: Client,
        table: str,
        *,
        segments: int = 4,
        page_items_max: int = 200,
        units_per_second: float | None = None,
    ) -> None:
        self._client = client
        self._table = table
        self.segments = segments
        self._page_items_max = page_items_max
        self._bucket = LeakyBucket(units_per_second)

    async def pages(
        self, segment: int, segments: int, after: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Yield the pages of one segment of the table.

        Args:
            segment: the segment's number, from 0.
            segments: into how many segments the table is divided.
            after: `Page.last_key` of the last page that was read; None: begin with the first.

        Raises:
            CorruptResponse: a page ends at the key it began after, so the next would be the same.
            Unavailable: DynamoDB cannot answer now.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": segments,
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            "Limit": self._page_items_max,
        }
        while True:
            body = encode("Scan", request | ({"ExclusiveStartKey": after} if after else {}))
            answer = await self._client.send_as("Scan", body, _read)
            last, units = answer.LastEvaluatedKey, answer.ConsumedCapacity.CapacityUnits
            yield Page([bytes(item) for item in answer.Items], units, last)
            await self._bucket.add(units)
            if not last:
                return
            if last == after:
                raise CorruptResponse("a page of Scan ends at the key it began after")
            after = last


def _read(operation: str, content: bytes) -> _Answer:
    try:
        return _read_answer(content)
    except msgspec.DecodeError:
        raise CorruptResponse(f"DynamoDB's answer to {operation} is malformed") from None
