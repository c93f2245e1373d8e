"""The first half of a full pass: both stores are read once, side by side, into files of records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from crossfade.jobs.skipping import SkipList
from crossfade.jobs.tasks import run_together
from crossfade.parity.checkpoint import Progress, Reached
from crossfade.parity.comparison.records import Batch, key_hash_of
from crossfade.parity.counts import Counts
from crossfade.parity.spill import PassRecords
from crossfade.parity.stores import VerificationStores


class Collector:
    """Reads both stores into the records of one pass, from its progress on.

    Args:
        stores: the stores.
        records: receives the records.
        counts: the counts of the pass.
        skips: the mappings that it skips.
        on_page: called after every page.
        progress: what was read before.

    Attributes:
        rows: how far each table was read.
        segments: how far each segment of the target was read.
    """

    def __init__(
        self,
        stores: VerificationStores,
        *,
        records: PassRecords,
        counts: Counts,
        skips: SkipList,
        on_page: Callable[[], Awaitable[None]],
        progress: Progress,
    ) -> None:
        self._stores = stores
        self._records = records
        self._counts = counts
        self._skips = skips
        self._on_page = on_page
        self.rows = dict(progress.rows)
        self.segments = list(progress.segments)

    async def read_both_stores(self) -> None:
        """Read every row and every item that was not read before.

        Raises:
            SchemaChanged: every table has changed.
            Unavailable: a store cannot be read.
        """
        await self._stores.rows.catch_up()
        self.segments = self.segments or [Reached()] * self._stores.table.segments
        segments = map(self._read_segment, range(len(self.segments)))
        await run_together([self._read_tables(), *segments])

    async def list_objects(self, before: datetime) -> None:
        """Record every object; one that is newer than the pass is no orphan yet.

        Args:
            before: when the pass began.

        Raises:
            Unavailable: the objects cannot be listed.
        """
        self._records.existing_objects.clear()
        for prefix in self._stores.readers.prefixes:
            async for found in self._stores.objects.list(prefix):
                name = found.object_key
                age = "old" if found.last_modified < before else "new"
                object_hash = key_hash_of((name,))
                batch = Batch()
                batch.add(object_hash, object_hash, (name, age))
                self._records.existing_objects.add("", batch)

    async def _read_tables(self) -> None:
        for entity in self._stores.readers.by_name:
            await self._skips.run(partial(self._read_table, entity))

    async def _read_table(self, entity: str, without: frozenset[str]) -> None:
        reached = self.rows.get(entity, Reached())
        if reached.is_done or entity in without:
            return
        reader = self._stores.readers.by_name[entity]
        async for page in self._stores.rows.pages(entity, reached.after):
            self._records.rows.add(entity, reader.of_rows(page.rows))
            self.rows[entity] = Reached(page.last_key)
            self._counts.add(source_rows=len(page.rows))
            await self._on_page()
        self.rows[entity] = Reached(is_done=True)

    async def _read_segment(self, number: int) -> None:
        reached, count = self.segments[number], len(self.segments)
        if reached.is_done:
            return
        async for page in self._stores.table.pages(number, count, reached.after):
            scanned = self._stores.readers.of_items(page.items)
            for entity, batch in scanned.items.items():
                self._records.items.add(entity, batch)
            self._records.referenced_objects.add("", scanned.referenced_objects)
            self.segments[number] = Reached(page.last_key, is_done=page.last_key is None)
            self._counts.add(target_items=len(page.items), read_units=page.read_units)
            await self._on_page()
