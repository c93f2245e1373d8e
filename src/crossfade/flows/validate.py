"""The full pass: both stores read once and summed up, then only what differs looked at by key.

Rows and items are read at different moments while writes go on, so a difference between the sums
says nothing yet; the examination of its keys does. Memory holds one page of each side, the sums
and one round of records, whatever the tables' sizes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from crossfade.errors import BrokenPointer, CrossfadeError, InvalidKey
from crossfade.events import DriftFound, Verified
from crossfade.mapping.parity import Judgement, Run, RunState, Tally, Verdict
from crossfade.mapping.parity_buckets import BUCKETS
from crossfade.mapping.parity_records import (
    Batch,
    ItemKey,
    Readers,
    place_of,
)
from crossfade.mapping.state import Key
from crossfade.ports import Observer
from crossfade.spill import Spill
from crossfade.verification import (
    Examiner,
    FindingStore,
    ObjectReader,
    Rows,
    RunStore,
    Table,
)

T = TypeVar("T")
_UNSETTLED = {
    Verdict.LAG: "lagging_keys",
    Verdict.RACE: "racing_keys",
    Verdict.PARKED: "parked_keys",
}

Told = Callable[[Tally], None]
"""Hears how far a pass has come."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a pass reads and where it writes what it found.

    Attributes:
        records_max: records of both sides in memory at once, when buckets differ.
        keys_max: keys of one examination.
        examinations_max: examinations side by side.
        objects_max: objects read side by side in a deep pass.
        sample_every: of so many buckets one has all its objects looked at, another in each run.
        tell_seconds: how often the run's row says how far the pass has come.
    """

    readers: Readers
    rows: Rows
    table: Table
    objects: ObjectReader
    examiner: Examiner
    findings: FindingStore
    runs: RunStore
    observe: Observer
    records_max: int = 20_000
    keys_max: int = 100
    examinations_max: int = 4
    objects_max: int = 16
    sample_every: int = 128
    tell_seconds: float = 2.0


async def full_pass(parts: Parts, *, is_deep: bool, told: Told = lambda _: None) -> Run:
    """Compare everything once; what drifted is kept as findings, and what no longer does, closed.

    A pass that is killed leaves its findings and a run that says running; the next pass begins
    anew and misses nothing.

    Raises:
        CrossfadeError: a store cannot be read; the run says failed.
    """
    started = monotonic()
    run = await parts.runs.start("full", sorted(parts.readers.by_name), is_deep=is_deep)
    with ExitStack() as stack:
        sides = _Sides(*(stack.enter_context(Spill()) for _ in range(4)))
        work = _FullPass(parts, run, sides, told)
        try:
            ended = await work.run_all()
        except CrossfadeError:
            await parts.runs.finish(run.id, work.tally, state=RunState.FAILED)
            raise
    _tell(parts, ended, monotonic() - started)
    return ended


@dataclass(frozen=True, slots=True)
class _Sides:
    """The records of rows, items, objects that items name, and objects that are there."""

    rows: Spill
    items: Spill
    named: Spill
    listed: Spill


class _FullPass:
    """One pass under way."""

    def __init__(self, parts: Parts, run: Run, sides: _Sides, told: Told) -> None:
        self._parts = parts
        self._run = run
        self._sides = sides
        self._told = told
        self._told_at = monotonic()
        self.tally = Tally()

    async def run_all(self) -> Run:
        """Read, compare, examine; returns the finished run."""
        count = self._parts.table.segments
        segments = [self._read_items(number, count) for number in range(count)]
        await _together([self._read_rows(), *segments])
        await self._list_objects()
        for keys in _portions(self._suspects(), self._portion):
            await self._examine(keys, self._parts.examiner.keys)
        for places in _portions(self._strangers(), self._portion):
            await self._examine(places, self._parts.examiner.places)
        if self._run.is_deep:
            await self._read_objects()
        await self._look_again()
        await self._settle()
        return await self._parts.runs.finish(
            self._run.id,
            self.tally,
            state=RunState.FINISHED,
            root_digest=self._sides.rows.buckets.root(),
        )

    @property
    def _portion(self) -> int:
        return self._parts.keys_max * self._parts.examinations_max

    async def _read_rows(self) -> None:
        for entity, reader in self._parts.readers.by_name.items():
            async for page in self._parts.rows.pages(entity):
                self._sides.rows.add(entity, reader.of_rows(page.rows))
                await self._advance(source_rows=len(page.rows))

    async def _read_items(self, segment: int, segments: int) -> None:
        async for page in self._parts.table.pages(segment, segments):
            scanned = self._parts.readers.of_items(page.items)
            for entity, batch in scanned.items.items():
                self._sides.items.add(entity, batch)
            self._sides.named.add("", scanned.named)
            await self._advance(target_items=len(page.items), read_units=page.read_units)

    async def _list_objects(self) -> None:
        """Note every object; those that were not there when the pass began are no orphans yet."""
        for prefix in self._parts.readers.prefixes:
            async for found in self._parts.objects.list(prefix):
                name = found.object_key
                age = "old" if found.last_modified < self._run.started_at else "new"
                place = place_of((name,))
                batch = Batch()
                batch.add(place, place, (name, age))
                self._sides.listed.add("", batch)
        orphans = self._sides.listed.unmatched(
            self._sides.named, self._parts.records_max, by_digest=False
        )
        count = sum(1 for _, record in orphans if record.name[1] == "old")
        await self._advance(orphan_objects=count)

    def _suspects(self) -> Iterator[Key]:
        """Yield the keys of rows without an equal item, and those whose objects are sampled."""
        every = self._parts.sample_every
        sampled = frozenset(range(self._run.id % every, BUCKETS, every))
        for entity, record in self._sides.rows.unmatched(
            self._sides.items,
            self._parts.records_max,
            by_digest=True,
            also=sampled if self._parts.readers.prefixes else frozenset(),
        ):
            yield Key(entity, record.name)

    def _strangers(self) -> Iterator[ItemKey]:
        """Yield the keys of items without a row, and of items whose objects are not there."""
        records_max = self._parts.records_max
        sides = self._sides
        for _, record in sides.items.unmatched(sides.rows, records_max, by_digest=False):
            yield _texts(record.name)
        for _, record in sides.named.unmatched(sides.listed, records_max, by_digest=False):
            yield _texts(record.name[1:])

    async def _read_objects(self) -> None:
        """Read every object that an item names; look closer at the items of damaged ones."""
        for group in _portions(self._sides.named.read(), self._parts.objects_max):
            names = [_texts(record.name) for _, record in group]
            whole = await asyncio.gather(*(self._is_whole(name[0]) for name in names))
            damaged = [name[1:] for name, good in zip(names, whole, strict=True) if not good]
            if damaged:
                await self._examine(damaged, self._parts.examiner.places)

    async def _is_whole(self, object_key: str) -> bool:
        try:
            async for _ in self._parts.objects.open_stream(object_key):
                pass
        except (BrokenPointer, InvalidKey):
            return False
        return True

    async def _examine(
        self, asked: Sequence[T], examine: Callable[..., Coroutine[Any, Any, list[Judgement]]]
    ) -> None:
        """Examine keys, in portions side by side; keep what drifted."""
        portions = _portions(list(dict.fromkeys(asked)), self._parts.keys_max)
        answers: list[list[Judgement]] = await _together(
            [examine(portion, is_deep=self._run.is_deep) for portion in portions]
        )
        judged = [judgement for answer in answers for judgement in answer]
        drifted = [one for one in judged if one.verdict.is_drift]
        if drifted:
            await self._parts.findings.record(self._run.id, drifted)
            for verdict, count in Counter(one.verdict for one in drifted).items():
                self._parts.observe(DriftFound(self._run.id, verdict, count))
        counts = Counter(_UNSETTLED[one.verdict] for one in judged if one.verdict in _UNSETTLED)
        await self._advance(**counts)

    async def _look_again(self) -> None:
        """Close the findings of earlier runs that hold no longer."""
        entities, after = self._run.entities, 0
        while page := await self._parts.findings.open_page(
            entities, after, before_run=self._run.id
        ):
            after = page[-1].id
            asked = [finding.judgement.key for finding in page]
            keys = [key for key in asked if key.entity]
            places = [_texts(key.parts) for key in asked if not key.entity]
            judged = await self._parts.examiner.keys(keys, is_deep=self._run.is_deep)
            strangers = await self._parts.examiner.places(places, is_deep=False)
            settled = {one.key for one in judged if one.verdict is not Verdict.EQUAL}
            settled |= {one.key for one in strangers}
            gone = [key for key in asked if key not in settled]
            await self._parts.findings.close(gone, f"run {self._run.id}")

    async def _settle(self) -> None:
        """Count what drifted, each key once, and what is equal."""
        drifted = await self._parts.findings.open_counts(self._run.entities, run=self._run.id)
        strangers = drifted.get(Verdict.DRIFT_EXTRA, 0) + drifted.get(Verdict.DRIFT_FOREIGN, 0)
        total = sum(drifted.values())
        tally = self.tally
        unsettled = tally.lagging_keys + tally.racing_keys + tally.parked_keys
        equal = max(0, tally.source_rows - unsettled - (total - strangers))
        self.tally = replace(tally, drifted_keys=total, equal_keys=equal)

    async def _advance(self, **more: float) -> None:
        """Count, and say so now and then."""
        changes = {name: getattr(self.tally, name) + count for name, count in more.items()}
        self.tally = replace(self.tally, **changes)
        if monotonic() - self._told_at >= self._parts.tell_seconds:
            self._told_at = monotonic()
            self._told(self.tally)
            await self._parts.runs.advance(self._run.id, self.tally)


def _texts(parts: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(part or "" for part in parts)


def _portions(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while portion := list(islice(source, size)):
        yield portion


async def _together(jobs: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Run jobs side by side; the first failure ends them all and is raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell(parts: Parts, run: Run, seconds: float) -> None:
    tally = run.tally
    parts.observe(
        Verified(
            run=run.id,
            kind=run.kind,
            equal=tally.equal_keys,
            lagging=tally.lagging_keys,
            racing=tally.racing_keys,
            parked=tally.parked_keys,
            drifted=tally.drifted_keys,
            seconds=seconds,
        )
    )
