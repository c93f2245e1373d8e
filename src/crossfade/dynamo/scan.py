"""The whole table, page by page in parallel segments, within a budget of read units."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from crossfade.dynamo.client import Client
from crossfade.dynamo.paginate import pages
from crossfade.ports import Item


@dataclass(frozen=True, slots=True)
class Page:
    """Items of one answer, and what DynamoDB charged for it."""

    items: Sequence[Item]
    read_units: float


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
        self._segments = segments
        self._page_items_max = page_items_max
        self._pace = Pace(units_per_second)

    def segments(self) -> Sequence[AsyncIterator[Page]]:
        """Return the parts of the table, to be read side by side."""
        return [self._segment(number) for number in range(self._segments)]

    async def _segment(self, number: int) -> AsyncIterator[Page]:
        request = {
            "TableName": self._table,
            "Segment": number,
            "TotalSegments": self._segments,
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            "Limit": self._page_items_max,
        }
        async for answer in pages(self._client, "Scan", request):
            units = float(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0))
            yield Page(answer.get("Items", ()), units)
            await self._pace.spend(units)
