"""The backfill: copy the rows that were not written since the capture was installed.

A row without a ledger entry has version 0. Its put is refused by anything that the relay wrote,
tombstones included, so a copy never overwrites a newer write and never brings a deleted row back.
Any number of processes may run at once and end at any point; at most a page each is copied again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import assert_never

from crossfade.backfill.ports import Windows, Writer
from crossfade.backfill.windows import Page, Tally, Window
from crossfade.errors import (
    AccessDenied,
    BreakerOpen,
    NoProgress,
    NoSuchStore,
    SchemaChanged,
    Unavailable,
)
from crossfade.events import Backfilled, BackfillWaits, EntitySkipped, PushFailed
from crossfade.jobs.backoff import Backoff
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
from crossfade.jobs.tasks import cancel_and_wait, sleep_unless
from crossfade.mapping.state import (
    Blame,
    Conflicting,
    Delivered,
    Failed,
    Key,
    Live,
    Moved,
    Outcome,
    Postponed,
    Superseded,
)
from crossfade.ports import Mark, Observer

HOPELESS = (AccessDenied, NoSuchStore, SchemaChanged)
"""Errors that no pause resolves."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one process copies at once, and how long it waits.

    Attributes:
        page_rows: rows of one page.
        renew_seconds: pause between two renewals of the leases; well under the lease.
        poll_seconds: pause between two attempts to claim a window that other processes hold.
        retry_seconds: first pause after rows that a store could not take; it doubles.
        retry_seconds_max: the longest such pause.
        standstill_seconds: without a single settled row for so long, the backfill gives up.
    """

    page_rows: int = 500
    renew_seconds: float = 10.0
    poll_seconds: float = 1.0
    retry_seconds: float = 0.1
    retry_seconds_max: float = 5.0
    standstill_seconds: float = 300.0


class Quota:
    """Rows that may still be read; any number without a limit."""

    def __init__(self, rows_max: int | None) -> None:
        self._left = rows_max

    @property
    def is_spent(self) -> bool:
        """Whether no row is left."""
        return self._left == 0

    def take(self, rows: int) -> int:
        """Take up to so many rows; return how many."""
        if self._left is None:
            return rows
        taken = min(rows, self._left)
        self._left -= taken
        return taken

    def give_back(self, rows: int) -> None:
        """Return rows that were taken and not needed."""
        if self._left is not None:
            self._left += rows


@dataclass(frozen=True, slots=True)
class BackfillJob:
    """The part of a backfill that one process does.

    Attributes:
        writers: one for each worker, which copies one window at a time.
        mark: leaves keys to the relay.
        stop: set when the process is to end after the pages under way.
    """

    windows: Windows
    writers: Sequence[Writer]
    mark: Mark
    observe: Observer
    stop: asyncio.Event
    quota: Quota = field(default_factory=lambda: Quota(None))
    limits: Limits = field(default_factory=Limits)


async def run(job: BackfillJob) -> tuple[SkippedEntity, ...]:
    """Copy windows until every one is done, the quota is spent, or `stop` is set.

    Returns:
        The entities that were skipped because their tables have changed.

    Raises:
        NoProgress: a window did not advance, or a store could not answer for too long; another run
            resumes from there.
        ConfigurationError: the capture is not, or no longer, what the backfill relies on.
    """
    ended = asyncio.Event()
    skips = SkipList(partial(_report_skipped, job.observe))
    renewal = asyncio.create_task(_renew_leases(job, ended))
    workers = [
        asyncio.create_task(_Worker(job, skips, number, writer).run())
        for number, writer in enumerate(job.writers)
    ]
    try:
        await asyncio.gather(*workers)
    finally:
        ended.set()
        await cancel_and_wait(renewal, *workers)
        with suppress(Unavailable):
            await job.windows.release()
    return skips.skipped


async def _renew_leases(job: BackfillJob, ended: asyncio.Event) -> None:
    """Keep the leases of this process; a page may take longer than one."""
    while await sleep_unless(ended, job.limits.renew_seconds):
        with suppress(Unavailable):
            await job.windows.renew()


class _Worker:
    """Copies one window after the other."""

    def __init__(self, job: BackfillJob, skips: SkipList, number: int, writer: Writer) -> None:
        self._job = job
        self._skips = skips
        self._number = number
        self._writer = writer
        self._window: Window | None = None

    async def run(self) -> None:
        """Copy pages until every window is done, the quota is spent, or the process is to end."""
        guard = StallGuard(self._job)
        while not self._job.stop.is_set():
            try:
                await self._skips.run(self._copy_or_claim)
                if self._window is None and await self._is_done():
                    return
            except Unavailable as error:
                await guard.pause(type(error), str(error))
            else:
                guard.reset()

    async def _is_done(self) -> bool:
        is_spent = self._job.quota.is_spent
        return is_spent or await self._job.windows.is_done(self._skips.names)

    async def _copy_or_claim(self, without: frozenset[str]) -> None:
        """Copy the next page of the window, or claim a window; that of a skipped entity is left."""
        if self._window is not None and self._window.entity not in without:
            self._window = await self._copy_page(self._window)
        else:
            self._window = await self._claim(without)

    async def _claim(self, without: frozenset[str]) -> Window | None:
        """Claim a window; while other processes hold them all, wait a moment."""
        window = await self._job.windows.claim(without, self._number)
        if window is None and not await self._job.windows.is_done(without):
            await sleep_unless(self._job.stop, self._job.limits.poll_seconds)
        return window

    async def _copy_page(self, window: Window) -> Window | None:
        """Copy one page; return the rest of the window, None when it is done or lost."""
        started = monotonic()
        page = await self._read_page(window)
        if page is None:
            return None
        tally = await self._write(window.entity, page.rows)
        if tally is None:
            return None
        written_bytes, throttles = self._writer.take_counts()
        read = Tally(read=len(page.rows) + page.known, skipped=page.known)
        total = replace(tally + read, written_bytes=written_bytes, throttles=throttles)
        is_held = await self._job.windows.advance(window, page, total)
        self._job.observe(_backfilled(window, total, monotonic() - started))
        return replace(window, last=page.last) if is_held and not page.is_end else None

    async def _read_page(self, window: Window) -> Page | None:
        """Read the next page, as many rows as the quota allows; None when it is spent."""
        quota = self._job.quota
        rows_max = quota.take(self._job.limits.page_rows)
        if rows_max == 0:
            return None
        try:
            page = await self._job.windows.page(window, rows_max)
        except Unavailable:
            quota.give_back(rows_max)
            raise
        quota.give_back(rows_max - len(page.rows) - page.known)
        if not page.is_end and page.last in {None, window.last}:
            raise NoProgress(
                f"window {window.number} of {window.entity} did not advance; compare the "
                "mapping's primary key with the table's"
            )
        return page

    async def _write(self, entity: str, rows: Sequence[Live]) -> Tally | None:
        """Write rows until each is settled; return None when the process is to end before."""
        tally = Tally()
        guard = StallGuard(self._job, entity)
        while rows:
            outcomes = await self._writer.write(rows)
            if _are_delivered(outcomes):
                return tally + Tally(written=len(outcomes))
            tally += await _settle(self._job, outcomes)
            left = [row for row, one in zip(rows, outcomes, strict=True) if _is_to_repeat(one)]
            if len(left) < len(rows):
                guard.reset()
            rows = left
            if rows and not await guard.pause(*_cause(outcomes), len(rows)):
                return None
        return tally


class StallGuard:
    """Pauses while a store cannot answer or cannot take rows; ends a job without progress."""

    def __init__(self, job: BackfillJob, entity: str = "") -> None:
        self._job = job
        self._entity = entity
        self._backoff = Backoff(job.limits.retry_seconds, job.limits.retry_seconds_max)
        self._progress_at = monotonic()

    def reset(self) -> None:
        """Note progress."""
        self._progress_at = monotonic()
        self._backoff.reset()

    async def pause(self, error: type[Exception], reason: str, rows: int = 0) -> bool:
        """Wait; return False when the process is to end.

        Raises:
            SchemaChanged: the entity's table has changed.
            NoProgress: waiting does not help, or has not for too long.
        """
        if issubclass(error, SchemaChanged) and self._entity:
            raise SchemaChanged(reason, self._entity)
        standstill_seconds = monotonic() - self._progress_at
        if issubclass(error, HOPELESS) or standstill_seconds > self._job.limits.standstill_seconds:
            raise NoProgress(
                f"{error.__name__}: {reason}; run the backfill again, it resumes from here"
            )
        seconds = self._backoff.next_seconds()
        self._job.observe(BackfillWaits(self._entity, rows, error, reason, seconds))
        return await sleep_unless(self._job.stop, seconds)


def _cause(outcomes: Sequence[Outcome]) -> tuple[type[Exception], str]:
    """Return why rows are sent again: the first failure of a store, or an open breaker."""
    for outcome in outcomes:
        if isinstance(outcome, Failed) and outcome.blame is Blame.STORE:
            return outcome.error, outcome.reason
    return BreakerOpen, "a store failed too often in a row; its breaker is open"


def _are_delivered(outcomes: Sequence[Outcome]) -> bool:
    """Return whether every row was written, as is usual; compares the outcomes' classes alone."""
    return set(map(type, outcomes)) == {Delivered}


def _is_to_repeat(outcome: Outcome) -> bool:
    """Return whether a store could not take a row now."""
    match outcome:
        case Failed(blame=Blame.STORE) | Postponed():
            return True
        case Failed() | Delivered() | Superseded() | Conflicting() | Moved():
            return False
        case _:
            assert_never(outcome)


async def _settle(job: BackfillJob, outcomes: Sequence[Outcome]) -> Tally:
    """Leave to the relay what a put of version 0 cannot settle; return the counts."""
    failed = [one for one in outcomes if isinstance(one, Failed) and one.blame is Blame.RECORD]
    for failure in failed:
        job.observe(PushFailed(failure.key, failure.error, failure.reason, failure.attempt))
    ahead = [
        (one.key, one.found) for one in outcomes if isinstance(one, Superseded) and one.found > 0
    ]
    behind = await job.windows.behind(ahead) if ahead else ()
    changed = [(one.key, 0) for one in outcomes if isinstance(one, Conflicting | Moved)]
    await _mark(job, [*changed, *behind, *((one.key, 0) for one in failed)])
    return Tally(
        written=sum(isinstance(one, Delivered) for one in outcomes),
        skipped=sum(isinstance(one, Superseded) for one in outcomes) - len(behind),
        marked=len(changed) + len(behind),
        parked=len(failed),
    )


async def _mark(job: BackfillJob, keys: Sequence[tuple[Key, int]]) -> None:
    """Mark keys, waiting for the writers that hold them."""
    above = dict(keys)
    while above:
        held = await job.mark(list(above.items()))
        above = {key: above[key] for key in held}
        if above:
            await asyncio.sleep(job.limits.retry_seconds)


def _report_skipped(observe: Observer, one: SkippedEntity) -> None:
    observe(EntitySkipped("backfill", one.entity, SchemaChanged, one.reason))


def _backfilled(window: Window, tally: Tally, seconds: float) -> Backfilled:
    return Backfilled(
        entity=window.entity,
        window=window.number,
        written=tally.written,
        skipped=tally.skipped,
        marked=tally.marked,
        parked=tally.parked,
        seconds=seconds,
    )
