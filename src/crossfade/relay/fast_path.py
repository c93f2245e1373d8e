"""The fast path: deliver a row in the background right after its commit.

The request offers a row and continues. Rows wait in a bounded set. A row that does not fit, fails
or is interrupted by a shutdown is still dirty in the ledger, and the relay delivers it.
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

DirtyKeysOf = Callable[[Sequence[Row]], Awaitable[Sequence[Key]]]
"""Returns the dirty keys of rows."""
Deliver = Callable[[Sequence[Key]], Awaitable[frozenset[Key]]]
"""Delivers keys and returns those that are now up to date in the target."""


class FastPath:
    """A bounded set of committed rows, and their delivery in batches.

    Args:
        dirty_keys_of: returns the dirty keys of rows from the ledger.
        deliver: the relay's delivery.
        breaker: the target's breaker; while it is open, rows are left to the relay.
        observe: called with a `PushSkipped` for each row that is left to the relay.
        rows_max: rows that may wait.
        batch_rows_max: rows per step.
    """

    def __init__(
        self,
        dirty_keys_of: DirtyKeysOf,
        deliver: Deliver,
        breaker: Breaker,
        observe: Observer,
        *,
        rows_max: int,
        batch_rows_max: int,
    ) -> None:
        self._dirty_keys_of = dirty_keys_of
        self._deliver = deliver
        self._breaker = breaker
        self._observe = observe
        self._rows_max = rows_max
        self._batch_rows_max = batch_rows_max
        self._waiting: dict[Row, list[asyncio.Future[bool]]] = {}
        self._steps_running = 0
        self._not_empty = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def offer(self, row: Row) -> bool:
        """Queue a row, or leave it to the relay and return False. Never waits, never raises."""
        if self._breaker.wait_seconds > 0:
            self._observe(PushSkipped(row.entity, "breaker open"))
            return False
        if len(self._waiting) >= self._rows_max and row not in self._waiting:
            self._observe(PushSkipped(row.entity, "queue full"))
            return False
        self._waiting.setdefault(row, [])
        self._not_empty.set()
        self._idle.clear()
        return True

    async def offer_and_wait(self, row: Row, seconds: float) -> bool:
        """Queue a row; return whether its delivery succeeded within `seconds`."""
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
        """Wait for rows, then deliver one batch of them; return True."""
        await self._not_empty.wait()
        batch = self._take_batch()
        self._steps_running += 1
        unsettled = set(batch)
        try:
            unsettled = await self._deliver_rows(tuple(batch))
        except Unavailable:
            for row in batch:
                self._observe(PushSkipped(row.entity, "source unavailable"))
        finally:
            self._steps_running -= 1
            _notify(batch, unsettled)
            if not self._waiting and self._steps_running == 0:
                self._idle.set()
        return True

    async def drain(self, seconds: float) -> bool:
        """Wait until no row waits or is in delivery; return False if `seconds` pass first."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _take_batch(self) -> dict[Row, list[asyncio.Future[bool]]]:
        rows = list(islice(self._waiting, self._batch_rows_max))
        batch = {row: self._waiting.pop(row) for row in rows}
        if not self._waiting:
            self._not_empty.clear()
        return batch

    async def _deliver_rows(self, rows: Sequence[Row]) -> set[Row]:
        """Deliver the dirty keys of these rows; return the rows that still have one."""
        keys = await self._dirty_keys_of(rows)
        settled = await self._deliver(keys)
        lengths = {row.entity: len(row.primary_key) for row in rows}
        return {
            Row(key.entity, tuple(part or "" for part in key.parts[: lengths[key.entity]]))
            for key in keys
            if key not in settled
        }


def _notify(batch: dict[Row, list[asyncio.Future[bool]]], unsettled: set[Row]) -> None:
    """Set the results of the futures that wait for these rows."""
    for row, waiters in batch.items():
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(row not in unsettled)
