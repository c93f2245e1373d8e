"""A target that limits the rate of its writes, and counts them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

import orjson

from crossfade.backfill.rate import Pace, write_units
from crossfade.errors import Throttled
from crossfade.mapping.codec.item_size import approximate_item_bytes, approximate_values_bytes
from crossfade.mapping.state import Insertion
from crossfade.ports import Item


class Writer(Protocol):
    """A target that takes items with their JSON."""

    async def put_json(self, item: Item, content: bytes, version: int) -> Item | None:
        """Write an item, given as JSON too, as `ports.Target.put` does."""

    async def insert_json(
        self, items: Sequence[Item], values: Sequence[bytes]
    ) -> Sequence[Insertion]:
        """Write the items whose keys are free, given the JSON arrays of their values too."""


class PacedTarget:
    """Satisfies `ports.Target`.

    Args:
        target: where items go. It must not retry throttled writes itself: the rate is found here.
        pace: the rate that all writes of this process share.
    """

    def __init__(self, target: Writer, pace: Pace, clock: Callable[[], float] = monotonic) -> None:
        self._target = target
        self._pace = pace
        self._clock = clock
        self._written_bytes = 0
        self._throttles = 0

    async def put(self, item: Item, version: int) -> Item | None:
        """Write an item as soon as the rate allows.

        Returns:
            None when written, else the existing item.

        Raises:
            Throttled: the target asks for fewer writes; the rate was lowered.
            CrossfadeError: what the target raised.
        """
        content = orjson.dumps(item)
        size_bytes = approximate_item_bytes(content, len(item))
        await self._turn(write_units(size_bytes))
        try:
            existing = await self._target.put_json(item, content, version)
        except Throttled:
            self._slow_down(1)
            raise
        if existing is None:
            self._written_bytes += size_bytes
        return existing

    async def insert(self, items: Sequence[Item]) -> Sequence[Insertion]:
        """Write the items whose keys are free, all at once as soon as the rate allows.

        Returns:
            The result of each; when some were throttled the rate was lowered.

        Raises:
            Throttled: the target asks for fewer writes; the rate was lowered.
            CrossfadeError: what the target raised.
        """
        values = [orjson.dumps([*item.values()]) for item in items]
        sizes = [*map(approximate_values_bytes, values, items)]
        await self._turn(sum(map(write_units, sizes)))
        try:
            found = await self._target.insert_json(items, values)
        except Throttled:
            self._slow_down(1)
            raise
        if Insertion.THROTTLED in found:
            self._slow_down(found.count(Insertion.THROTTLED))
        for size_bytes, insertion in zip(sizes, found, strict=True):
            if insertion is Insertion.WRITTEN:
                self._written_bytes += size_bytes
        return found

    def take_counts(self) -> tuple[int, int]:
        """Return the bytes written and the writes throttled since the last call."""
        counted = (self._written_bytes, self._throttles)
        self._written_bytes, self._throttles = 0, 0
        return counted

    async def _turn(self, units: int) -> None:
        wait_seconds = self._pace.take(units, self._clock())
        if wait_seconds > 0:
            await asyncio.sleep(wait_seconds)

    def _slow_down(self, throttles: int) -> None:
        self._throttles += throttles
        self._pace.throttle(self._clock())
