"""The first half of a full pass: both stores read once, side by side, into files of records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from crossfade.jobs.skipping import SkipList
from crossfade.jobs.tasks import run_together
from crossfade.parity.checkpoint import Progress, Reached
from crossfade.parity.comparison.readers import Readers
from crossfade.parity.comparison.records import Batch, key_hash_of
from crossfade.parity.counts import Counts
from crossfade.parity.ports import ObjectReader, Rows, Table
from crossfade.parity.spill import Spills


@dataclass(frozen=True, slots=True)
class Sources:
    """What is read."""

    readers: Readers
    rows: Rows
    table: Table
    objects: ObjectReader


class Collector:
    """Reads into the files of one pass, from where that stands.

    Args:
        sources: what is read.
        sides: the files.
        counts: of the pass.
        altered: the mappings that it leaves out.
        tell: called after every page.

    Attributes:
        rows: how far each table was read.
        segments: how far each segment of the target was read.
    """

    def __init__(
        self,
        sources: Sources,
        sides: Spills,
        counts: Counts,
        altered: SkipList,
        tell: Callable[[], Awaitable[None]],
    ) -> None:
        self._sources = sources
        self._sides = sides
        self._counts = counts
        self._altered = altered
        self._tell = tell
        self.rows: dict[str, Reached] = {}
        self.segments: list[Reached] = []

    def go_on(self, progress: Progress) -> None:
        """Take up what was read before."""
        self.rows = dict(progress.rows)
        self.segments = list(progress.segments)

    async def read(self) -> None:
        """Read every row and every item that was not read before.

        Raises:
            SchemaChanged: every table has changed.
            Unavailable: a store cannot be read.
        """
        await self._sources.rows.catch_up()
        self.segments = self.segments or [Reached()] * self._sources.table.segments
        segments = map(self._read_items, range(len(self.segments)))
        await run_together([self._read_rows(), *segments])

    async def list_objects(self, before: datetime) -> None:
        """Note every object; those that were not there when the pass began are no orphans yet.

        Args:
            before: when it began.

        Raises:
            Unavailable: the objects cannot be listed.
        """
        self._sides.listed.clear()
        for prefix in self._sources.readers.prefixes:
            async for found in self._sources.objects.list(prefix):
                name = found.object_key
                age = "old" if found.last_modified < before else "new"
                place = key_hash_of((name,))
                batch = Batch()
                batch.add(place, place, (name, age))
                self._sides.listed.add("", batch)

    async def _read_rows(self) -> None:
        for entity in self._sources.readers.by_name:
            await self._altered.around(partial(self._read_table, entity))

    async def _read_table(self, entity: str, without: frozenset[str]) -> None:
        reached = self.rows.get(entity, Reached())
        if reached.is_done or entity in without:
            return
        reader = self._sources.readers.by_name[entity]
        async for page in self._sources.rows.pages(entity, reached.after):
            self._sides.rows.add(entity, reader.of_rows(page.rows))
            self.rows[entity] = Reached(page.last_key)
            self._counts.add(source_rows=len(page.rows))
            await self._tell()
        self.rows[entity] = Reached(is_done=True)

    async def _read_items(self, number: int) -> None:
        reached, count = self.segments[number], len(self.segments)
        if reached.is_done:
            return
        async for page in self._sources.table.pages(number, count, reached.after):
            scanned = self._sources.readers.of_items(page.items)
            for entity, batch in scanned.items.items():
                self._sides.items.add(entity, batch)
            self._sides.named.add("", scanned.named)
            self.segments[number] = Reached(page.last_key, is_done=page.last_key is None)
            self._counts.add(target_items=len(page.items), read_units=page.read_units)
            await self._tell()
