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
    Iterable,
    Iterator,
    Sequence,
)
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Protocol, TypeVar

from crossfade.errors import BrokenPointer, CrossfadeError, InvalidKey, SchemaChanged
from crossfade.events import DriftFound, EntitySkipped, Verified
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
from crossfade.jobs.tasks import run_together
from crossfade.mapping.coverage import COVERAGE_PARTS
from crossfade.mapping.state import Key
from crossfade.parity.checkpoint import Progress, Step, with_all
from crossfade.parity.collect import Collector, Sources
from crossfade.parity.comparison.buckets import DIGEST_BUCKETS
from crossfade.parity.comparison.readers import Readers
from crossfade.parity.comparison.records import ItemKey
from crossfade.parity.counts import Counts
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.model import Comparison, Part, Run, RunState, Tally, Verdict
from crossfade.parity.ports import (
    CoverageStore,
    Examiner,
    FindingStore,
    ObjectReader,
    Rows,
    RunStore,
    Table,
    UnverifiedKeys,
)
from crossfade.parity.resume import RunSpec, StartedRun, start_or_resume
from crossfade.ports import Observer

T = TypeVar("T")
Asked_contra = TypeVar("Asked_contra", contravariant=True)

Told = Callable[[Tally], None]
"""Hears how far a pass has come."""


class _Examine(Protocol[Asked_contra]):
    """Looks at keys one by one."""

    async def __call__(
        self, asked: Sequence[Asked_contra], without: frozenset[str]
    ) -> list[Comparison]:
        """Return the verdicts, none on the keys of some mappings."""


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


async def run_full_pass(
    parts: Parts, *, is_deep: bool, told: Told = lambda _: None, restart: bool = False
) -> Run:
    """Compare everything once; what drifted is kept as findings, and what no longer does, closed.

    Goes on with the newest pass over the same mappings if that was killed or failed, unless it
    cannot, which is told, or `restart` is set. Mappings whose tables have changed are left out, and
    the run says so.

    Raises:
        SchemaChanged: every table has changed; the run says failed.
        CrossfadeError: a store cannot be read; the run says failed.
    """
    started = monotonic()
    wanted = RunSpec("full", tuple(sorted(parts.readers.by_name)), is_deep, parts.readers.form)
    begun = await start_or_resume(
        wanted, parts.runs, parts.observe, folder=parts.folder, restart=restart
    )
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

    def __init__(self, parts: Parts, begun: StartedRun, told: Told) -> None:
        self._parts = parts
        self._run = begun.run
        self._sides = begun.sides
        self._told = told
        self._told_at = monotonic()
        self._altered = SkipList(self._leave_out)
        progress = begun.progress
        self._counts = Counts(begun.run.tally, progress.unsettled)
        if progress.left_out:
            progress = with_all(progress)
            self._counts.start_comparing(source_rows=begun.sides.rows.buckets.total)
        self._begun = progress
        self._step = progress.step
        self._portions = progress.portions
        sources = Sources(parts.readers, parts.rows, parts.table, parts.objects)
        self._gathering = Collector(sources, self._sides, self._counts, self._altered, self._tell)
        self._gathering.go_on(progress)

    @property
    def tally(self) -> Tally:
        """What it has counted by now."""
        return self._counts.tally

    async def run_all(self) -> Run:
        """Read, compare, examine; returns the finished run."""
        steps = {
            Step.READING: self._gathering.read,
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
            progress=self._progress(),
            entities=self._covered,
        )

    async def fail(self) -> None:
        """Close the run, which may go on later."""
        await self._parts.runs.finish(
            self._run.id, self.tally, state=RunState.FAILED, progress=self._progress()
        )

    @property
    def _covered(self) -> list[str]:
        return [name for name in self._run.entities if name not in self._altered.names]

    def _leave_out(self, one: SkippedEntity) -> None:
        """Go on without a mapping, as if it had not been asked for.

        Raises:
            SchemaChanged: it was the last one.
        """
        self._parts.observe(EntitySkipped("verify", one.entity, SchemaChanged, one.reason))
        self._sides.leave_out(one.entity)
        self._counts.leave_out(one.entity, source_rows=self._sides.rows.buckets.total)
        if not self._covered:
            raise SchemaChanged("\n".join(told.reason for told in self._altered.left_out))

    @property
    def _portion(self) -> int:
        return self._parts.keys_max * self._parts.examinations_max

    async def _list_objects(self) -> None:
        await self._gathering.list_objects(self._run.started_at)
        orphans = self._sides.listed.unmatched(
            self._sides.named, self._parts.records_max, by_digest=False
        )
        found = sum(1 for _, record in orphans if record.name[1] == "old")
        self._counts.add(orphan_objects=found)

    async def _look_at_rows(self) -> None:
        await self._look_at(self._suspects(), self._keys)

    async def _look_at_items(self) -> None:
        await self._look_at(self._unmatched_items(), self._places)

    async def _keys(self, asked: Sequence[Key], without: frozenset[str]) -> list[Comparison]:
        keys = [key for key in asked if key.entity not in without]
        return await self._parts.examiner.keys(keys, is_deep=self._run.is_deep)

    async def _places(self, asked: Sequence[ItemKey], without: frozenset[str]) -> list[Comparison]:
        is_deep = self._run.is_deep
        return await self._parts.examiner.places(asked, is_deep=is_deep, without=without)

    async def _look_at(self, asked: Iterable[T], examine: _Examine[T]) -> None:
        for keys in islice(_portions(asked, self._portion), self._portions, None):
            await self._examine(keys, examine)
            self._portions += 1
            await self._tell()

    def _suspects(self) -> Iterator[Key]:
        """Yield the keys of rows without an equal item, and those whose objects are sampled."""
        every = self._parts.sample_every
        sampled = frozenset(range(self._run.id % every, DIGEST_BUCKETS, every))
        for entity, record in self._sides.rows.unmatched(
            self._sides.items,
            self._parts.records_max,
            by_digest=True,
            also=sampled if self._parts.readers.prefixes else frozenset(),
        ):
            yield Key(entity, record.name)

    def _unmatched_items(self) -> Iterator[ItemKey]:
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
                await self._examine(damaged, self._places)
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
        answers = await run_together(
            [self._altered.around(partial(examine, portion)) for portion in portions]
        )
        judged = [
            comparison
            for answer in answers
            for comparison in answer
            if comparison.key.entity not in self._altered.names
        ]
        drifted = [one for one in judged if one.verdict.is_drift]
        if drifted:
            await self._parts.findings.record(self._run.id, drifted)
            for verdict, count in Counter(one.verdict for one in drifted).items():
                self._parts.observe(DriftFound(self._run.id, verdict, count))
        self._counts.judge(judged)

    async def _look_again(self) -> None:
        """Close the findings of earlier runs that hold no longer."""
        after = 0
        while page := await self._parts.findings.open_page(
            self._covered, after, before_run=self._run.id
        ):
            after = page[-1].id
            gone = await self._altered.around(
                partial(self._gone, [finding.comparison.key for finding in page])
            )
            await self._parts.findings.close(gone, f"run {self._run.id}")

    async def _gone(self, asked: Sequence[Key], without: frozenset[str]) -> list[Key]:
        """Return the keys that are equal by now, and the foreign items that are there no more."""
        keys = [key for key in asked if key.entity]
        foreign = [key for key in asked if not key.entity]
        judged = await self._keys(keys, without)
        places = [_texts(key.parts) for key in foreign]
        found = await self._parts.examiner.places(places, is_deep=False, without=without)
        left = {one.key for one in found}
        equal = [one.key for one in judged if one.verdict is Verdict.EQUAL]
        return equal + [key for key in foreign if key not in left]

    async def _settle(self) -> None:
        """Count what drifted, each key once, and what is equal; note what was compared."""
        self._counts.settle(await self._drifted())
        await self._parts.unverified.settle_through(self._run.id, self._covered)

    async def _drifted(self) -> Counter[Verdict]:
        """Count the findings of this run by verdict, and note what each part of the keys has."""
        verdicts: Counter[Verdict] = Counter()
        parts: Counter[tuple[str, int]] = Counter()
        entities, after, run = self._covered, 0, self._run.id
        while page := await self._parts.findings.open_page(entities, after, run=run):
            after = page[-1].id
            for finding in page:
                verdicts[finding.comparison.verdict] += 1
                entity, place = self._parts.readers.place_of_key(finding.comparison.key)
                parts[entity, place % COVERAGE_PARTS] += 1
        for entity in entities:
            keys = self._sides.rows.parts.get(entity, Counter())
            seen = [Part(keys[number], parts[entity, number]) for number in range(COVERAGE_PARTS)]
            await self._parts.coverage.record(run, entity, seen)
        return verdicts

    async def _tell(self, *, now: bool = False) -> None:
        """Say now and then how far the pass has come: what was told and what is kept agree."""
        await self._parts.alarm.check()
        if now or monotonic() - self._told_at >= self._parts.tell_seconds:
            self._told_at = monotonic()
            self._told(self.tally)
            await self._parts.runs.advance(self._run.id, self.tally, self._progress())

    def _progress(self) -> Progress:
        return replace(
            self._begun,
            step=self._step,
            portions=self._portions,
            rows=dict(self._gathering.rows),
            segments=tuple(self._gathering.segments),
            sizes=self._sides.sizes(),
            left_out=self._altered.left_out,
            unsettled=self._counts.unsettled,
        )


def _texts(parts: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(part or "" for part in parts)


def _portions(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while portion := list(islice(source, size)):
        yield portion


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
