"""A target that is written to at a pace, and counts what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

import orjson

from crossfade.errors import Throttled
from crossfade.mapping.pace import Pace, write_units
from crossfade.mapping.size import about_item_bytes
from crossfade.ports import Item


class Writer(Protocol):
    """A target that takes items written out."""

    async def put_json(self, item: Item, content: bytes, version: int) -> Item | None:
        """Write an item, given as JSON too, as `ports.Target.put` does."""


class PacedTarget:
    """Satisfies `ports.Target`.

    Args:
        target: where items go. It must not repeat throttled puts itself: their pace is found here.
        pace: the budget that all puts of this process share.
    """

    def __init__(self, target: Writer, pace: Pace, clock: Callable[[], float] = monotonic) -> None:
        self._target = target
        self._pace = pace
        self._clock = clock
        self._written_bytes = 0
        self._throttles = 0

    async def put(self, item: Item, version: int) -> Item | None:
        """Write an item when its turn has come.

        Returns:
            None when written, else the item that stands there.

        Raises:
            Throttled: the target asks for fewer writes; the pace has fallen.
            CrossfadeError: what the target raised.
        """
        content = orjson.dumps(item)
        size_bytes = about_item_bytes(content, len(item))
        wait_seconds = self._pace.take(write_units(size_bytes), self._clock())
        if wait_seconds > 0:
            await asyncio.sleep(wait_seconds)
        try:
            standing = await self._target.put_json(item, content, version)
        except Throttled:
            self._throttles += 1
            self._pace.throttle(self._clock())
            raise
        if standing is None:
            self._written_bytes += size_bytes
        return standing

    def counts(self) -> tuple[int, int]:
        """Return the bytes written and the throttled puts since the last call."""
        counted = (self._written_bytes, self._throttles)
        self._written_bytes, self._throttles = 0, 0
        return counted
