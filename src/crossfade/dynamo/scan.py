"""The whole table, page by page in parallel segments, within a budget of read units."""

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
    """Items of one answer, and what DynamoDB charged for it.

    Attributes:
        items: each as DynamoDB's JSON, unread.
        last_key: what the segment's next page comes after; None at its end.
    """

    items: Sequence[bytes]
    read_units: float
    last_key: Mapping[str, Any] | None


class Pace:
    """Spends at most so many read units a second, over all segments together.

    Args:
        units_per_second: the budget; None: as fast as DynamoDB answers.
    """

    def __init__(self, units_per_second: float | None) -> None:
        self._units_per_second = units_per_second
        self._free_at = 0.0

    async def spend(self, units: float) -> None:
        """Wait until what was just read is paid for."""
        if self._units_per_second is None:
            return
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + units / self._units_per_second
        await asyncio.sleep(self._free_at - now)


class TableScan:
    """Reads every item once, strongly consistent.

    Args:
        client: of the table's region.
        table: its name.
        segments: how many pages are read at once; memory holds one page of each.
        page_items_max: items of one page; more would cost memory, and time for want of caches.
        units_per_second: the budget of read units; None: no limit.

    Attributes:
        segments: into how many parts a new scan divides the table.
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
        self._pace = Pace(units_per_second)

    async def pages(
        self, segment: int, segments: int, after: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Yield the pages of one part of the table.

        Args:
            segment: which one, from 0 on.
            segments: into how many parts the table is divided.
            after: `Page.last_key` of the last page known.

        Raises:
            CorruptResponse: a page ends where it began, so the next one would be the same again.
            Unavailable: DynamoDB cannot now.
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
            await self._pace.spend(units)
            if not last:
                return
            if last == after:
                raise CorruptResponse("a page of Scan ends at the key it began after")
            after = last


def _read(operation: str, content: bytes) -> _Answer:
    try:
        return _read_answer(content)
    except msgspec.DecodeError:
        raise CorruptResponse(f"DynamoDB's answer to {operation} is not what it sends") from None
