"""The full pass: both stores read once and summed up, then only what differs looked at by key.

Rows and items are read at different moments while writes go on, so a difference between the sums
says nothing yet; the examination of its keys does. Memory holds one page of each side, the sums
and one round of records, whatever the tables' sizes. Records are in files, and the run's row says
every few seconds how far they count: a pass that was killed goes on from there.
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
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, TypeVar

from crossfade.alarm import LagAlarm
from crossfade.errors import BrokenPointer, CrossfadeError, InvalidKey
from crossfade.events import DriftFound, Verified
from crossfade.mapping.parity import Judgement, Part, Run, RunState, Tally, Verdict
from crossfade.mapping.parity_buckets import BUCKETS
from crossfade.mapping.parity_progress import Progress, Reached, Step
from crossfade.mapping.parity_readers import Readers
from crossfade.mapping.parity_records import Batch, ItemKey, place_of
from crossfade.mapping.state import Key
from crossfade.ports import Observer
from crossfade.resumption import Begun, Wanted, begin
from crossfade.spill import PARTS
from crossfade.verification import (
    CoverageStore,
    Examiner,
    FindingStore,
    ObjectReader,
    Rows,
    RunStore,
    Table,
    UnverifiedKeys,
)

T = TypeVar("T")
Asked_contra = TypeVar("Asked_contra", contravariant=True)
_UNSETTLED = {
    Verdict.LAG: "lagging_keys",
    Verdict.RACE: "racing_keys",
    Verdict.PARKED: "parked_keys",
}

Told = Callable[[Tally], None]
"""Hears how far a pass has come."""


class _Examine(Protocol[Asked_contra]):
    """Looks at keys one by one."""

    async def __call__(self, asked: Sequence[Asked_contra], *, is_deep: bool) -> list[Judgement]:
        """Return the verdicts."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a pass reads and where it writes what it found.

    Attributes:
        records_max: records of both sides in memory at once, when buckets differ.
        keys_max: keys of one examination.
        examinations_max: examinations side by side.
        objects_max: objects read side by side in a deep pass.
        sample_every: of so many buckets one has all its objects looked at, another in each run.
        tell_seconds: how often the run's row says how far the pass has come: what a pass that goes
            on may do twice.
        folder: where records are kept; the system's folder of temporary files unless given.
    """

    readers: Readers
    rows: Rows
    table: Table
    objects: ObjectReader
    examiner: Examiner
    findings: FindingStore
    runs: RunStore
    coverage: CoverageStore
    unverified: UnverifiedKeys
    alarm: LagAlarm
    observe: Observer
    records_max: int = 20_000
    keys_max: int = 100
    examinations_max: int = 4
    objects_max: int = 16
    sample_every: int = 128
    tell_seconds: float = 2.0
    folder: Path | None = None


async def full_pass(
    parts: Parts, *, is_deep: bool, told: Told = lambda _: None, restart: bool = False
) -> Run:
    """Compare everything once; what drifted is kept as findings, and what no longer does, closed.

    Goes on with the newest pass over the same mappings if that was killed or failed, unless it
    cannot, which is told, or `restart` is set.

    Raises:
        CrossfadeError: a store cannot be read; the run says failed.
    """
    started = monotonic()
    wanted = Wanted("full", tuple(sorted(parts.readers.by_name)), is_deep, parts.readers.form)
    begun = await begin(wanted, parts.runs, parts.observe, folder=parts.folder, restart=restart)
    with begun.sides:
        work = _FullPass(parts, begun, told)
        try:
            ended = await work.run_all()
        except CrossfadeError:
            await work.fail()
            raise
    begun.sides.discard()
    _tell(parts, ended, monotonic() - started)
    return ended


class _FullPass:
    """One pass under way."""

    def __init__(self, parts: Parts, begun: Begun, told: Told) -> None:
        self._parts = parts
        self._run = begun.run
        self._sides = begun.sides
        self._told = told
        self._told_at = monotonic()
        self._begun = begun.progress
        self._step = begun.progress.step
        self._portions = begun.progress.portions
        self._rows = dict(begun.progress.rows)
        self._segments = list(begun.progress.segments)
        self.tally = begun.run.tally

    async def run_all(self) -> Run:
        """Read, compare, examine; returns the finished run."""
        steps = {
            Step.READING: self._read,
            Step.LISTING: self._list_objects,
            Step.ROWS: self._look_at_rows,
            Step.ITEMS: self._look_at_items,
            Step.OBJECTS: self._read_objects,
            Step.EARLIER: self._look_again,
        }
        for step in list(Step)[list(Step).index(self._step) :]:
            if step is not self._step:
                self._step, self._portions = step, 0
            await self._tell(now=True)
            await steps[step]()
        await self._settle()
        return await self._parts.runs.finish(
            self._run.id,
            self.tally,
            state=RunState.FINISHED,
            root_digest=self._sides.rows.buckets.root(),
        )

    async def fail(self) -> None:
        """Close the run, which may go on later."""
        await self._parts.runs.finish(
            self._run.id, self.tally, state=RunState.FAILED, progress=self._progress()
        )

    @property
    def _portion(self) -> int:
        return self._parts.keys_max * self._parts.examinations_max

    async def _read(self) -> None:
        await self._parts.rows.catch_up()
        self._segments = self._segments or [Reached()] * self._parts.table.segments
        segments = map(self._read_items, range(len(self._segments)))
        await _together([self._read_rows(), *segments])

    async def _read_rows(self) -> None:
        for entity, reader in self._parts.readers.by_name.items():
            reached = self._rows.get(entity, Reached())
            if reached.is_done:
                continue
            async for page in self._parts.rows.pages(entity, reached.after):
                self._sides.rows.add(entity, reader.of_rows(page.rows))
                self._rows[entity] = Reached(page.last_key)
                self._count(source_rows=len(page.rows))
                await self._tell()
            self._rows[entity] = Reached(is_done=True)

    async def _read_items(self, number: int) -> None:
        reached, count = self._segments[number], len(self._segments)
        if reached.is_done:
            return
        async for page in self._parts.table.pages(number, count, reached.after):
            scanned = self._parts.readers.of_items(page.items)
            for entity, batch in scanned.items.items():
                self._sides.items.add(entity, batch)
            self._sides.named.add("", scanned.named)
            self._segments[number] = Reached(page.last_key, is_done=page.last_key is None)
            self._count(target_items=len(page.items), read_units=page.read_units)
            await self._tell()

    async def _list_objects(self) -> None:
        """Note every object; those that were not there when the pass began are no orphans yet."""
        self._sides.listed.clear()
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
        self._count(orphan_objects=sum(1 for _, record in orphans if record.name[1] == "old"))

    async def _look_at_rows(self) -> None:
        await self._look_at(self._suspects(), self._parts.examiner.keys)

    async def _look_at_items(self) -> None:
        await self._look_at(self._strangers(), self._parts.examiner.places)

    async def _look_at(self, asked: Iterable[T], examine: _Examine[T]) -> None:
        for keys in islice(_portions(asked, self._portion), self._portions, None):
            await self._examine(keys, examine)
            self._portions += 1
            await self._tell()

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
        named = self._sides.named.read() if self._run.is_deep else iter(())
        groups = _portions(named, self._parts.objects_max)
        for group in islice(groups, self._portions, None):
            names = [_texts(record.name) for _, record in group]
            whole = await asyncio.gather(*(self._is_whole(name[0]) for name in names))
            damaged = [name[1:] for name, good in zip(names, whole, strict=True) if not good]
            if damaged:
                await self._examine(damaged, self._parts.examiner.places)
            self._portions += 1
            await self._tell()

    async def _is_whole(self, object_key: str) -> bool:
        try:
            async for _ in self._parts.objects.open_stream(object_key):
                pass
        except (BrokenPointer, InvalidKey):
            return False
        return True

    async def _examine(self, asked: Sequence[T], examine: _Examine[T]) -> None:
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
        self._count(**counts)

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
        """Count what drifted, each key once, and what is equal; note what was compared."""
        drifted = await self._drifted()
        strangers = drifted[Verdict.DRIFT_EXTRA] + drifted[Verdict.DRIFT_FOREIGN]
        total = drifted.total()
        tally = self.tally
        unsettled = tally.lagging_keys + tally.racing_keys + tally.parked_keys
        equal = max(0, tally.source_rows - unsettled - (total - strangers))
        self.tally = replace(tally, drifted_keys=total, equal_keys=equal)
        await self._parts.unverified.settle_through(self._run.id)

    async def _drifted(self) -> Counter[Verdict]:
        """Count the findings of this run by verdict, and note what each part of the keys has."""
        verdicts: Counter[Verdict] = Counter()
        parts: Counter[tuple[str, int]] = Counter()
        entities, after, run = self._run.entities, 0, self._run.id
        while page := await self._parts.findings.open_page(entities, after, run=run):
            after = page[-1].id
            for finding in page:
                verdicts[finding.judgement.verdict] += 1
                entity, place = self._parts.readers.place_of_key(finding.judgement.key)
                parts[entity, place % PARTS] += 1
        for entity in entities:
            keys = self._sides.rows.parts.get(entity, Counter())
            seen = [Part(keys[number], parts[entity, number]) for number in range(PARTS)]
            await self._parts.coverage.record(run, entity, seen)
        return verdicts

    def _count(self, **more: float) -> None:
        changes = {name: getattr(self.tally, name) + count for name, count in more.items()}
        self.tally = replace(self.tally, **changes)

    async def _tell(self, *, now: bool = False) -> None:
        """Say now and then how far the pass has come: what was told and what is kept agree."""
        await self._parts.alarm.look()
        if now or monotonic() - self._told_at >= self._parts.tell_seconds:
            self._told_at = monotonic()
            self._told(self.tally)
            await self._parts.runs.advance(self._run.id, self.tally, self._progress())

    def _progress(self) -> Progress:
        return replace(
            self._begun,
            step=self._step,
            portions=self._portions,
            rows=dict(self._rows),
            segments=tuple(self._segments),
            sizes=self._sides.sizes(),
        )


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
