"""The full pass: both stores are read once and summed up; only what differs is compared by key.

Rows and items are read at different moments while writes continue, so a difference between the sums
means nothing yet; the comparison of its keys does. Memory holds one page of each side, the sums and
one round of records, whatever the size of the tables. Records are in files, and the run's row says
every few seconds which of them count: a pass that was killed is resumed from there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
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
from crossfade.parity.collect import Collector
from crossfade.parity.comparison.buckets import DIGEST_BUCKETS
from crossfade.parity.comparison.records import ItemKey
from crossfade.parity.counts import Counts
from crossfade.parity.model import Comparison, Part, Run, RunState, Tally, Verdict
from crossfade.parity.resume import RunSpec, StartedRun, start_or_resume
from crossfade.parity.stores import VerificationStores

T = TypeVar("T")
Checked_contra = TypeVar("Checked_contra", contravariant=True)

OnProgress = Callable[[Tally], None]
"""Called with the counts of a pass, now and then."""


class _Check(Protocol[Checked_contra]):
    """Compares keys one by one."""

    async def __call__(
        self, keys: Sequence[Checked_contra], without: frozenset[str]
    ) -> list[Comparison]:
        """Return the verdicts, skipping the keys of some mappings."""


@dataclass(frozen=True, slots=True)
class PassLimits:
    """The limits of a full pass.

    Attributes:
        records_max: records of both sides in memory at once, when buckets differ.
        keys_max: keys compared in one call.
        calls_max: such calls at once.
        objects_max: objects read at once in a deep pass.
        sample_every: in one of so many buckets every object is checked, another one in each run.
        report_seconds: how often the run's row records the progress, which is what a resumed pass
            may repeat.
        folder: the parent of the records; the system's folder of temporary files by default.
    """

    records_max: int = 20_000
    keys_max: int = 100
    calls_max: int = 4
    objects_max: int = 16
    sample_every: int = 128
    report_seconds: float = 2.0
    folder: Path | None = None


async def run_full_pass(
    stores: VerificationStores,
    *,
    is_deep: bool,
    limits: PassLimits | None = None,
    on_progress: OnProgress = lambda _: None,
    restart: bool = False,
) -> Run:
    """Compare everything once; record what drifted, and close findings that no longer hold.

    Resume the newest unfinished pass over the same mappings. Start a new one if `restart` is set or
    the old one cannot be resumed; the reason is reported as `PassAbandoned`. Mappings whose tables
    have changed are skipped; the run names them.

    Raises:
        SchemaChanged: every table has changed; the run is recorded as failed.
        CrossfadeError: a store cannot be read; the run is recorded as failed.
    """
    limits = limits or PassLimits()
    began = monotonic()
    entities = tuple(sorted(stores.readers.by_name))
    spec = RunSpec(entities, is_deep, stores.readers.form, limits.folder)
    started = await start_or_resume(spec, stores.runs, stores.observe, restart=restart)
    with started.records:
        one = _FullPass(stores, limits, started, on_progress)
        try:
            run = await one.run()
        except CrossfadeError:
            await one.fail()
            raise
    started.records.discard()
    stores.observe(_verified(run, monotonic() - began))
    return run


class _FullPass:
    """One pass: collect records of both stores, compare what differs, settle the counts."""

    def __init__(
        self,
        stores: VerificationStores,
        limits: PassLimits,
        started: StartedRun,
        on_progress: OnProgress,
    ) -> None:
        self._stores = stores
        self._limits = limits
        self._run = started.run
        self._records = started.records
        self._on_progress = on_progress
        self._reported_at = monotonic()
        self._skips = SkipList(self._skip)
        self._counts = Counts(started.run.tally, started.progress.unsettled)
        progress = started.progress
        if progress.left_out:
            progress = with_all(progress)
            self._counts.restart_comparisons(source_rows=self._records.rows.buckets.total)
        self._started = progress
        self._step = progress.step
        self._portions = progress.portions
        self._collector = Collector(
            stores,
            records=self._records,
            counts=self._counts,
            skips=self._skips,
            on_page=self._report,
            progress=progress,
        )

    async def run(self) -> Run:
        """Make every step that is not done yet; return the finished run."""
        await self._make(Step.READING, self._collector.read_both_stores)
        await self._make(Step.LISTING, self._find_orphans)
        await self._make(Step.ROWS, self._check_rows)
        await self._make(Step.ITEMS, self._check_items)
        await self._make(Step.OBJECTS, self._read_objects)
        await self._make(Step.EARLIER, self._recheck_findings)
        self._counts.settle(await self._record_coverage())
        await self._stores.unverified.settle_through(self._run.id, self._covered)
        return await self._stores.runs.finish(
            self._run.id,
            self._counts.tally,
            state=RunState.FINISHED,
            root_digest=self._records.rows.buckets.root(),
            progress=self._progress(),
            entities=self._covered,
        )

    async def fail(self) -> None:
        """Record the run as failed; it may be resumed."""
        await self._stores.runs.finish(
            self._run.id, self._counts.tally, state=RunState.FAILED, progress=self._progress()
        )

    async def _make(self, step: Step, work: Callable[[], Awaitable[None]]) -> None:
        """Make one step, from the portion on with which it was left; skip a step that is done."""
        order = list(Step)
        if order.index(step) < order.index(self._step):
            return
        if step is not self._step:
            self._step, self._portions = step, 0
        await self._report(now=True)
        await work()

    # The steps.

    async def _find_orphans(self) -> None:
        """List the objects, and count those that no item references."""
        await self._collector.list_objects(self._run.started_at)
        unreferenced = self._records.existing_objects.unmatched(
            self._records.referenced_objects, self._limits.records_max, by_digest=False
        )
        orphans = sum(1 for _, record in unreferenced if record.name[1] == "old")
        self._counts.add(orphan_objects=orphans)

    async def _check_rows(self) -> None:
        """Compare rows without an equal item, and a sample of those with objects."""
        await self._check_in_portions(self._suspect_rows(), self._check_keys)

    async def _check_items(self) -> None:
        """Compare items without a row, and items whose objects do not exist."""
        await self._check_in_portions(self._unmatched_items(), self._check_item_keys)

    async def _read_objects(self) -> None:
        """Read every referenced object in a deep pass; compare the items of damaged ones."""
        referenced = self._records.referenced_objects.read() if self._run.is_deep else iter(())
        groups = _portions(referenced, self._limits.objects_max)
        for group in islice(groups, self._portions, None):
            names = [_texts(record.name) for _, record in group]
            whole = await asyncio.gather(*(self._is_whole(name[0]) for name in names))
            damaged = [name[1:] for name, good in zip(names, whole, strict=True) if not good]
            if damaged:
                await self._check(damaged, self._check_item_keys)
            self._portions += 1
            await self._report()

    async def _recheck_findings(self) -> None:
        """Close the findings of earlier runs that no longer hold."""
        after = 0
        while page := await self._stores.findings.open_page(
            self._covered, after, before_run=self._run.id
        ):
            after = page[-1].id
            keys = [finding.comparison.key for finding in page]
            settled = await self._skips.run(partial(self._settled, keys))
            await self._stores.findings.close(settled, f"run {self._run.id}")

    async def _record_coverage(self) -> Counter[Verdict]:
        """Record which parts of the keys were compared; return this run's findings by verdict."""
        verdicts: Counter[Verdict] = Counter()
        drifted: Counter[tuple[str, int]] = Counter()
        entities, after, run = self._covered, 0, self._run.id
        while page := await self._stores.findings.open_page(entities, after, run=run):
            after = page[-1].id
            for finding in page:
                key = finding.comparison.key
                verdicts[finding.comparison.verdict] += 1
                entity, key_hash = self._stores.readers.owner_and_key_hash(key)
                drifted[entity, key_hash % COVERAGE_PARTS] += 1
        for entity in entities:
            rows = self._records.rows.parts.get(entity, Counter())
            parts = [
                Part(rows[number], drifted[entity, number]) for number in range(COVERAGE_PARTS)
            ]
            await self._stores.coverage.record(run, entity, parts)
        return verdicts

    # Which keys differ.

    def _suspect_rows(self) -> Iterator[Key]:
        """Yield the keys of rows without an equal item, and those whose objects are sampled."""
        every = self._limits.sample_every
        sampled = frozenset(range(self._run.id % every, DIGEST_BUCKETS, every))
        for entity, record in self._records.rows.unmatched(
            self._records.items,
            self._limits.records_max,
            by_digest=True,
            also=sampled if self._stores.readers.prefixes else frozenset(),
        ):
            yield Key(entity, record.name)

    def _unmatched_items(self) -> Iterator[ItemKey]:
        """Yield the keys of items without a row, and of items whose objects do not exist."""
        records, records_max = self._records, self._limits.records_max
        for _, record in records.items.unmatched(records.rows, records_max, by_digest=False):
            yield _texts(record.name)
        for _, record in records.referenced_objects.unmatched(
            records.existing_objects, records_max, by_digest=False
        ):
            yield _texts(record.name[1:])

    # The comparison of keys.

    async def _check_in_portions(self, keys: Iterable[T], check: _Check[T]) -> None:
        size = self._limits.keys_max * self._limits.calls_max
        for portion in islice(_portions(keys, size), self._portions, None):
            await self._check(portion, check)
            self._portions += 1
            await self._report()

    async def _check(self, keys: Sequence[T], check: _Check[T]) -> None:
        """Compare keys, several calls at once; record what drifted."""
        portions = _portions(list(dict.fromkeys(keys)), self._limits.keys_max)
        answers = await run_together(
            [self._skips.run(partial(check, portion)) for portion in portions]
        )
        compared = [
            comparison
            for answer in answers
            for comparison in answer
            if comparison.key.entity not in self._skips.names
        ]
        drifted = [one for one in compared if one.verdict.is_drift]
        if drifted:
            await self._stores.findings.record(self._run.id, drifted)
            for verdict, count in Counter(one.verdict for one in drifted).items():
                self._stores.observe(DriftFound(self._run.id, verdict, count))
        self._counts.add_unsettled(compared)

    async def _check_keys(self, keys: Sequence[Key], without: frozenset[str]) -> list[Comparison]:
        included = [key for key in keys if key.entity not in without]
        return await self._stores.checker.check_keys(included, is_deep=self._run.is_deep)

    async def _check_item_keys(
        self, keys: Sequence[ItemKey], without: frozenset[str]
    ) -> list[Comparison]:
        is_deep = self._run.is_deep
        return await self._stores.checker.check_items(keys, is_deep=is_deep, without=without)

    async def _settled(self, keys: Sequence[Key], without: frozenset[str]) -> list[Key]:
        """Return the keys that are equal now, and the foreign items that no longer exist."""
        foreign = [key for key in keys if not key.entity]
        compared = await self._check_keys([key for key in keys if key.entity], without)
        item_keys = [_texts(key.parts) for key in foreign]
        found = await self._stores.checker.check_items(item_keys, is_deep=False, without=without)
        existing = {one.key for one in found}
        equal = [one.key for one in compared if one.verdict is Verdict.EQUAL]
        return equal + [key for key in foreign if key not in existing]

    async def _is_whole(self, object_key: str) -> bool:
        try:
            async for _ in self._stores.objects.open_stream(object_key):
                pass
        except (BrokenPointer, InvalidKey):
            return False
        return True

    # Skipped mappings and progress.

    @property
    def _covered(self) -> list[str]:
        return [name for name in self._run.entities if name not in self._skips.names]

    def _skip(self, one: SkippedEntity) -> None:
        """Continue without a mapping, as if it had not been asked for.

        Raises:
            SchemaChanged: it was the last one.
        """
        self._stores.observe(EntitySkipped("verify", one.entity, SchemaChanged, one.reason))
        self._records.skip(one.entity)
        self._counts.skip(one.entity, source_rows=self._records.rows.buckets.total)
        if not self._covered:
            raise SchemaChanged("\n".join(skipped.reason for skipped in self._skips.skipped))

    async def _report(self, *, now: bool = False) -> None:
        """Report the progress now and then: what is reported and what is recorded agree."""
        await self._stores.alarm.check()
        if now or monotonic() - self._reported_at >= self._limits.report_seconds:
            self._reported_at = monotonic()
            self._on_progress(self._counts.tally)
            await self._stores.runs.advance(self._run.id, self._counts.tally, self._progress())

    def _progress(self) -> Progress:
        return replace(
            self._started,
            step=self._step,
            portions=self._portions,
            rows=dict(self._collector.rows),
            segments=tuple(self._collector.segments),
            sizes=self._records.sizes(),
            left_out=self._skips.skipped,
            unsettled=self._counts.unsettled,
        )


def _texts(parts: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(part or "" for part in parts)


def _portions(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while portion := list(islice(source, size)):
        yield portion


def _verified(run: Run, seconds: float) -> Verified:
    tally = run.tally
    return Verified(
        run=run.id,
        kind=run.kind,
        equal=tally.equal_keys,
        lagging=tally.lagging_keys,
        racing=tally.racing_keys,
        parked=tally.parked_keys,
        drifted=tally.drifted_keys,
        seconds=seconds,
    )
