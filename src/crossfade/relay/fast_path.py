"""The fast path: after a commit, deliver the row at once, in the background.

The request hands over a row and goes on. Rows wait in a bounded set, each once; what does not fit,
fails or is cut off by a shutdown is still dirty in the ledger, and the relay brings it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from crossfade.errors import Unavailable
from crossfade.events import PushSkipped
from crossfade.jobs.breaker import Breaker
from crossfade.mapping.state import Key, Row
from crossfade.ports import Observer

DirtyOf = Callable[[Sequence[Row]], Awaitable[Sequence[Key]]]
"""Returns the dirty keys of rows."""
Deliver = Callable[[Sequence[Key]], Awaitable[frozenset[Key]]]
"""Delivers keys and returns those that the target now holds."""


class FastPath:
    """Rows handed over after their commit, on the way to the target.

    Args:
        dirty_of: the ledger's answer to which keys of some rows are dirty.
        deliver: the relay's delivery.
        breaker: the target's; while it is open, rows are left to the relay.
        rows_max: rows that may wait.
        batch_rows_max: rows of one step.
    """

    def __init__(
        self,
        dirty_keys_of: DirtyOf,
        deliver: Deliver,
        breaker: Breaker,
        observe: Observer,
        *,
        rows_max: int,
        batch_rows_max: int,
    ) -> None:
        self._dirty_of = dirty_keys_of
        self._deliver = deliver
        self._breaker = breaker
        self._observe = observe
        self._rows_max = rows_max
        self._batch_rows_max = batch_rows_max
        self._waiting: dict[Row, list[asyncio.Future[bool]]] = {}
        self._steps = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def offer(self, row: Row) -> bool:
        """Take a row, or leave it to the relay and return False. Never waits, never raises."""
        if self._breaker.wait_seconds > 0:
            self._observe(PushSkipped(row.entity, "breaker open"))
            return False
        if len(self._waiting) >= self._rows_max and row not in self._waiting:
            self._observe(PushSkipped(row.entity, "queue full"))
            return False
        self._waiting.setdefault(row, [])
        self._filled.set()
        self._drained.clear()
        return True

    async def offer_and_wait(self, row: Row, seconds: float) -> bool:
        """Take a row and wait for its delivery; whether the target holds it within `seconds`."""
        if not self.offer(row):
            return False
        settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[row].append(settled)
        try:
            async with asyncio.timeout(seconds):
                return await settled
        except TimeoutError:
            return False

    async def step(self) -> bool:
        """Wait for rows, then deliver one batch of them."""
        await self._filled.wait()
        batch = self._take()
        self._steps += 1
        unsettled = set(batch)
        try:
            unsettled = await self._settle(tuple(batch))
        except Unavailable:
            for row in batch:
                self._observe(PushSkipped(row.entity, "source unavailable"))
        finally:
            self._steps -= 1
            _answer(batch, unsettled)
            if not self._waiting and self._steps == 0:
                self._drained.set()
        return True

    async def drain(self, seconds: float) -> bool:
        """Wait until nothing waits or is under way; whether that came within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    def _take(self) -> dict[Row, list[asyncio.Future[bool]]]:
        rows = list(islice(self._waiting, self._batch_rows_max))
        batch = {row: self._waiting.pop(row) for row in rows}
        if not self._waiting:
            self._filled.clear()
        return batch

    async def _settle(self, rows: Sequence[Row]) -> set[Row]:
        """Deliver the dirty keys of these rows; the rows that still have one."""
        keys = await self._dirty_of(rows)
        settled = await self._deliver(keys)
        lengths = {row.entity: len(row.primary_key) for row in rows}
        return {
            Row(key.entity, tuple(part or "" for part in key.parts[: lengths[key.entity]]))
            for key in keys
            if key not in settled
        }


def _answer(batch: dict[Row, list[asyncio.Future[bool]]], unsettled: set[Row]) -> None:
    for row, waiters in batch.items():
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(row not in unsettled)
