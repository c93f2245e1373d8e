"""The backfill: copy the rows that nobody has written since the capture was installed.

A row that the ledger does not know has version 0. Its put is refused by whatever the relay wrote,
tombstones included: so a copy never overwrites a newer write and never brings a deleted row back.
Any number of processes may run at once, and end at any point; at most a page each is copied again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Protocol, assert_never

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
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
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
from crossfade.ports import Mark, Observer, Send


class Windows(Protocol):
    """The tables' windows: who works on them, and how far they are done."""

    async def claim(self, without: Collection[str] = (), lane: int = 0) -> Window | None:
        """Take a window that nobody works on, but those of some entities; None without one.

        The lane holds no other; one that it took and never heard of is its own again.
        """

    async def is_done(self, without: Collection[str] = ()) -> bool:
        """Whether every window is done, by whomever, but those of some entities."""

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`, from one snapshot."""

    async def advance(self, window: Window, page: Page, tally: Tally) -> bool:
        """Record that a page is dealt with; False when another process holds the window now."""

    async def behind(self, found: Sequence[tuple[Key, int]]) -> Sequence[tuple[Key, int]]:
        """Return the keys whose items have a higher version than the ledger knows."""

    async def renew(self) -> None:
        """Say that this process lives."""

    async def release(self) -> None:
        """Give this process's windows to whoever comes next."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the backfill does at once, and how patient it is.

    Attributes:
        page_rows: rows of one page.
        lanes: windows that this process works on at once.
        renew_seconds: pause between two signs of life; well under the lease.
        look_seconds: pause between two looks for a window that others may have left.
        retry_seconds: first pause after rows that a store could not take; it doubles.
        retry_seconds_max: the longest such pause.
        standstill_seconds: without a single row settled for so long, the backfill gives up.
    """

    page_rows: int = 500
    lanes: int = 2
    renew_seconds: float = 10.0
    look_seconds: float = 1.0
    retry_seconds: float = 0.1
    retry_seconds_max: float = 5.0
    standstill_seconds: float = 300.0


class Quota:
    """Rows that may still be looked at; without a limit, any number."""

    def __init__(self, rows_max: int | None) -> None:
        self._left = rows_max

    @property
    def is_spent(self) -> bool:
        """Whether no row is left."""
        return self._left == 0

    def take(self, rows: int) -> int:
        """Take up to so many rows."""
        if self._left is None:
            return rows
        taken = min(rows, self._left)
        self._left -= taken
        return taken

    def give_back(self, rows: int) -> None:
        """Return what was taken and not needed."""
        if self._left is not None:
            self._left += rows


@dataclass(frozen=True, slots=True)
class BatchWriter:
    """What brings one lane's rows to the target.

    Attributes:
        send: writes rows.
        counts: bytes written and writes throttled since it was last asked.
    """

    send: Send
    counts: Callable[[], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class BackfillJob:
    """What one process's backfill works with.

    Attributes:
        courier: makes the courier of one lane.
        mark: leaves keys to the relay.
        stop: set when the process is to end after the pages under way.
    """

    windows: Windows
    courier: Callable[[], BatchWriter]
    mark: Mark
    observe: Observer
    stop: asyncio.Event
    quota: Quota = field(default_factory=lambda: Quota(None))
    limits: Limits = field(default_factory=Limits)


async def run(job: BackfillJob) -> tuple[SkippedEntity, ...]:
    """Work until every window is done, the quota is spent, or `stop` is set.

    Returns:
        The entities that were left out, since their tables have changed.

    Raises:
        NoProgress: a window did not advance, or a store could not answer for too long; running
            again goes on from there.
        ConfigurationError: the capture is not, or no longer, what the backfill relies on.
    """
    ended = asyncio.Event()
    altered = SkipList(partial(_left_out, job.observe))
    heart = asyncio.create_task(_beat(job, ended))
    lanes = [asyncio.create_task(_lane(job, altered, one)) for one in range(job.limits.lanes)]
    try:
        await asyncio.gather(*lanes)
    finally:
        # asyncio.wait_for, which the pool of the driver uses, may swallow a cancellation.
        ended.set()
        for task in (heart, *lanes):
            task.cancel()
        await asyncio.gather(heart, *lanes, return_exceptions=True)
        with suppress(Unavailable):
            await job.windows.release()
    return altered.left_out


def _left_out(observe: Observer, one: SkippedEntity) -> None:
    observe(EntitySkipped("backfill", one.entity, SchemaChanged, one.reason))


async def step(job: BackfillJob, courier: BatchWriter, window: Window) -> Window | None:
    """Copy one page of a window; the window from there on, None when it is done or lost."""
    rows_max = job.quota.take(job.limits.page_rows)
    if rows_max == 0:
        return None
    started = monotonic()
    try:
        page = await job.windows.page(window, rows_max)
    except Unavailable:
        job.quota.give_back(rows_max)
        raise
    read = len(page.rows) + page.known
    job.quota.give_back(rows_max - read)
    if not page.is_end and page.last in {None, window.last}:
        raise NoProgress(
            f"window {window.number} of {window.entity} did not advance; compare the mapping's "
            "primary key with the table's"
        )
    tally = await _copy(job, courier, window.entity, page.rows)
    if tally is None:
        return None
    written_bytes, throttles = courier.counts()
    total = replace(
        tally + Tally(read=read, skipped=page.known),
        written_bytes=written_bytes,
        throttles=throttles,
    )
    held = await job.windows.advance(window, page, total)
    _tell(job, window, total, monotonic() - started)
    return replace(window, last=page.last) if held and not page.is_end else None


async def _lane(job: BackfillJob, altered: SkipList, number: int) -> None:
    """Work on one window after the other."""
    courier = job.courier()
    claim = partial(_next_window, job, number)
    window: Window | None = None
    is_done = False
    patience = StallGuard(job)
    while not (is_done or job.stop.is_set()):
        try:
            window = await altered.around(partial(_go_on, job, courier, claim, window))
            is_done = window is None and (
                job.quota.is_spent or await job.windows.is_done(altered.names)
            )
        except Unavailable as error:
            await patience.pause(type(error), str(error))
        else:
            patience.refresh()


async def _go_on(
    job: BackfillJob,
    courier: BatchWriter,
    claim: Callable[[frozenset[str]], Awaitable[Window | None]],
    window: Window | None,
    without: frozenset[str],
) -> Window | None:
    """Copy the next page, or take the next window; that of an entity left out is let go."""
    if window is not None and window.entity not in without:
        return await step(job, courier, window)
    return await claim(without)


async def _next_window(job: BackfillJob, lane: int, without: frozenset[str]) -> Window | None:
    """Take a window; what another process holds may be left to us when it ends."""
    window = await job.windows.claim(without, lane)
    if window is None and not await job.windows.is_done(without):
        await _pause(job, job.limits.look_seconds)
    return window


async def _copy(
    job: BackfillJob, courier: BatchWriter, entity: str, rows: Sequence[Live]
) -> Tally | None:
    """Send rows until each is settled; None when the process is to end before that."""
    tally = Tally()
    patience = StallGuard(job, entity)
    while rows:
        outcomes = await courier.send(rows)
        if _are_delivered(outcomes):
            return tally + Tally(written=len(outcomes))
        tally += await _settle(job, outcomes)
        left = [row for row, outcome in zip(rows, outcomes, strict=True) if _comes_again(outcome)]
        if len(left) < len(rows):
            patience.refresh()
        rows = left
        if rows and not await patience.pause(*_reason(outcomes), len(rows)):
            return None
    return tally


class StallGuard:
    """Pauses while a store cannot answer, or cannot take rows."""

    def __init__(self, job: BackfillJob, entity: str = "") -> None:
        self._desk = job
        self._entity = entity
        self.refresh()

    def refresh(self) -> None:
        """Note that something went well."""
        self._refreshed_at = monotonic()
        self._seconds = 0.0

    async def pause(self, error: type[Exception], reason: str, rows: int = 0) -> bool:
        """Wait; False when the process is to end.

        Raises:
            SchemaChanged: the entity's table has.
            NoProgress: waiting is of no use, or was of none for too long.
        """
        if issubclass(error, SchemaChanged) and self._entity:
            raise SchemaChanged(reason, self._entity)
        limits = self._desk.limits
        standstill_seconds = monotonic() - self._refreshed_at
        if issubclass(error, _HOPELESS) or standstill_seconds > limits.standstill_seconds:
            raise NoProgress(
                f"{error.__name__}: {reason}; run the backfill again, it goes on from here"
            )
        self._seconds = min(self._seconds * 2 or limits.retry_seconds, limits.retry_seconds_max)
        self._desk.observe(BackfillWaits(self._entity, rows, error, reason, self._seconds))
        return await _pause(self._desk, self._seconds)


_HOPELESS = (AccessDenied, NoSuchStore, SchemaChanged)
"""Errors that no pause mends."""


def _reason(outcomes: Sequence[Outcome]) -> tuple[type[Exception], str]:
    """Say why rows are sent again: the first failure, or a breaker that is open."""
    for outcome in outcomes:
        if isinstance(outcome, Failed) and outcome.blame is Blame.STORE:
            return outcome.error, outcome.reason
    return BreakerOpen, "a store failed too often in a row and is left alone for a while"


def _are_delivered(outcomes: Sequence[Outcome]) -> bool:
    """Whether every row was written: the usual page, told from its outcomes' classes alone."""
    return set(map(type, outcomes)) == {Delivered}


def _comes_again(outcome: Outcome) -> bool:
    """Whether a store could not take a row now."""
    match outcome:
        case Failed(blame=Blame.STORE) | Postponed():
            return True
        case Failed() | Delivered() | Superseded() | Conflicting() | Moved():
            return False
        case _:
            assert_never(outcome)


async def _settle(job: BackfillJob, outcomes: Sequence[Outcome]) -> Tally:
    """Leave to the relay what a put of version 0 cannot settle; count the rest."""
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


async def _beat(job: BackfillJob, ended: asyncio.Event) -> None:
    """Keep this process's leases; a page may take longer than one."""
    while not ended.is_set():
        await asyncio.sleep(job.limits.renew_seconds)
        with suppress(Unavailable):
            await job.windows.renew()


async def _pause(job: BackfillJob, seconds: float) -> bool:
    """Wait; False when the process is to end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await job.stop.wait()
    return not job.stop.is_set()


def _tell(job: BackfillJob, window: Window, tally: Tally, seconds: float) -> None:
    job.observe(
        Backfilled(
            entity=window.entity,
            window=window.number,
            written=tally.written,
            skipped=tally.skipped,
            marked=tally.marked,
            parked=tally.parked,
            seconds=seconds,
        )
    )
