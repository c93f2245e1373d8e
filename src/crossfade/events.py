"""Facts that happened, as values. Jobs call `observe(event)`; logs, metrics and pages subscribe.

No event carries a row's content; keys and error classes are all they name. Each event knows the
level of its log line and what it changes in the metrics.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from crossfade.mapping.state import Key
from crossfade.measures import Count, Level, Measure, Set, Took


class _Fact(ABC):
    """What all events have in common."""

    __slots__ = ()

    level: ClassVar[Level]

    @abstractmethod
    def measures(self) -> Iterable[Measure]:
        """Return what the event changes in the metrics."""


@dataclass(frozen=True, slots=True)
class PushFailed(_Fact):
    """A write is in PostgreSQL and not yet in the target; the relay will deliver it."""

    level: ClassVar[Level] = Level.WARNING

    key: Key
    error: type[Exception]
    reason: str
    attempt: int

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("failures", (self.key.entity, self.error.__name__)),)


@dataclass(frozen=True, slots=True)
class PushSkipped(_Fact):
    """The fast path left a write to the relay without trying.

    Attributes:
        entity: the mapping's name.
        cause: ``queue full``, ``breaker open`` or ``source unavailable``.
    """

    level: ClassVar[Level] = Level.DEBUG

    entity: str
    cause: str

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("pushes_skipped", (self.entity, self.cause)),)


@dataclass(frozen=True, slots=True)
class KeyParked(_Fact):
    """A key failed too often for its own reason; the others continue without it."""

    level: ClassVar[Level] = Level.ERROR

    key: Key
    reason: str

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("keys_parked", (self.key.entity,)),)


@dataclass(frozen=True, slots=True)
class EntityPaused(_Fact):
    """No key of an entity can be read: its table changed, or this process has no such mapping."""

    level: ClassVar[Level] = Level.ERROR

    entity: str
    error: type[Exception]
    reason: str
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("entities_paused", (self.entity,)),)


@dataclass(frozen=True, slots=True)
class EntitySkipped(_Fact):
    """A job continues without an entity whose table has changed.

    Attributes:
        job: ``verify``, ``repair`` or ``backfill``.
    """

    level: ClassVar[Level] = Level.ERROR

    job: str
    entity: str
    error: type[Exception]
    reason: str

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("entities_left_out", (self.job, self.entity)),)


@dataclass(frozen=True, slots=True)
class LedgerRaised(_Fact):
    """The target was ahead of the ledger; the key's version was raised above it (source wins)."""

    level: ClassVar[Level] = Level.WARNING

    key: Key

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("ledger_raised", (self.key.entity,)),)


@dataclass(frozen=True, slots=True)
class Relayed(_Fact):
    """One step of the relay or of the fast path ended.

    Attributes:
        worker: ``relay`` or ``push``.
        delivered: keys written.
        superseded: keys of which the target had the same version or a newer one.
        retried: keys that changed meanwhile, or wait for a breaker.
        failed: keys with a `PushFailed` of their own.
    """

    level: ClassVar[Level] = Level.DEBUG

    worker: str
    delivered: int
    superseded: int
    retried: int
    failed: int
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        counts = _counts(self, "delivered", "superseded", "retried", "failed")
        return (*_results("keys", (self.worker,), counts), Took(self.worker, self.seconds))


@dataclass(frozen=True, slots=True)
class Backfilled(_Fact):
    """The backfill has copied a page of rows; the counts are those of `Tally`."""

    level: ClassVar[Level] = Level.DEBUG

    entity: str
    window: int
    written: int
    skipped: int
    marked: int
    parked: int
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        counts = _counts(self, "written", "skipped", "marked", "parked")
        rows = _results("backfill_rows", (self.entity,), counts)
        return (*rows, Took("backfill", self.seconds))


@dataclass(frozen=True, slots=True)
class BackfillWaits(_Fact):
    """A store cannot take rows of the backfill now; they are sent again after a pause."""

    level: ClassVar[Level] = Level.WARNING

    entity: str
    rows: int
    error: type[Exception]
    reason: str
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("backfill_waits", (self.entity, self.error.__name__)),)


@dataclass(frozen=True, slots=True)
class InsertsRefused(_Fact):
    """The rows of an entity are put one by one: the target supports no inserts."""

    level: ClassVar[Level] = Level.WARNING

    entity: str
    error: type[Exception]
    reason: str

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("inserts_refused", (self.entity,)),)


@dataclass(frozen=True, slots=True)
class BreakerOpened(_Fact):
    """A store failed too often in a row; it is not called for a while."""

    level: ClassVar[Level] = Level.ERROR

    store: str
    error: type[Exception]
    reason: str
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Set("breaker_open", (self.store,), 1),)


@dataclass(frozen=True, slots=True)
class BreakerClosed(_Fact):
    """A store answers again."""

    level: ClassVar[Level] = Level.INFO

    store: str

    @override
    def measures(self) -> Iterable[Measure]:
        return (Set("breaker_open", (self.store,), 0),)


@dataclass(frozen=True, slots=True)
class LoopFailed(_Fact):
    """A step raised an unexpected error; the loop continues after a pause."""

    level: ClassVar[Level] = Level.ERROR

    loop: str
    error: type[Exception]
    reason: str
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("loop_failures", (self.loop,)),)


@dataclass(frozen=True, slots=True)
class DriftFound(_Fact):
    """Verification found keys in which the stores differ; the findings say which.

    Attributes:
        run: the run's number.
        verdict: such as ``drift_missing``.
        keys: how many, in one step.
    """

    level: ClassVar[Level] = Level.ERROR

    run: int
    verdict: str
    keys: int

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("drift", (self.verdict,), self.keys),)


@dataclass(frozen=True, slots=True)
class Verified(_Fact):
    """A verification pass ended.

    Attributes:
        run: its number.
        kind: ``full`` or ``continuous``.
        equal: keys that are equal.
        lagging: keys whose newest version was on its way.
        racing: keys that changed through every attempt to read them.
        parked: keys that are not delivered any longer.
        drifted: keys with a finding.
    """

    level: ClassVar[Level] = Level.INFO

    run: int
    kind: str
    equal: int
    lagging: int
    racing: int
    parked: int
    drifted: int
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        counts = _counts(self, "equal", "lagging", "racing", "parked", "drifted")
        return tuple(
            Set("verified_keys", (self.kind, verdict), count) for verdict, count in counts.items()
        )


@dataclass(frozen=True, slots=True)
class PassResumed(_Fact):
    """A verification pass that was killed or failed is resumed.

    Attributes:
        run: its number.
        silent_seconds: how long it was interrupted.
    """

    level: ClassVar[Level] = Level.INFO

    run: int
    silent_seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("passes_left", ("resumed",)),)


@dataclass(frozen=True, slots=True)
class PassAbandoned(_Fact):
    """A verification pass that was killed or failed is not resumed; a new one begins."""

    level: ClassVar[Level] = Level.WARNING

    run: int
    reason: str

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("passes_left", ("abandoned",)),)


@dataclass(frozen=True, slots=True)
class LagTooOld(_Fact):
    """An entity's oldest undelivered write is older than allowed; reported once until it is over.

    Attributes:
        entity: the mapping's name.
        seconds: the age of that write.
        keys: how many keys have waited for longer than allowed.
        seconds_max: the allowed age.
    """

    level: ClassVar[Level] = Level.ERROR

    entity: str
    seconds: float
    keys: int
    seconds_max: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Set("lag_alarm", (self.entity,), 1),)


@dataclass(frozen=True, slots=True)
class LagOver(_Fact):
    """The writes of an entity are no longer older than allowed."""

    level: ClassVar[Level] = Level.INFO

    entity: str
    seconds_max: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Set("lag_alarm", (self.entity,), 0),)


@dataclass(frozen=True, slots=True)
class Repaired(_Fact):
    """A step of repair ended.

    Attributes:
        closed: findings whose keys are equal now.
        open: findings whose keys still differ, or were written to all the while.
        left: findings without a remedy: of items that no mapping makes, and of skipped entities.
    """

    level: ClassVar[Level] = Level.INFO

    closed: int
    open: int
    left: int
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        counts = _counts(self, "closed", "open", "left")
        return (*_results("repaired", (), counts), Took("repair", self.seconds))


@dataclass(frozen=True, slots=True)
class Swept(_Fact):
    """A sweep has checked a batch of tombstones or of objects.

    Attributes:
        kind: ``tombstone`` or ``object``.
        checked: how many were checked; those in use are counted nowhere else.
        noted: without use, seen for the first time.
        waiting: without use, kept for the grace period or until older changes are delivered.
        removed: removed.
        kept: needed again when they were due.
    """

    level: ClassVar[Level] = Level.DEBUG

    kind: str
    checked: int
    noted: int
    waiting: int
    removed: int
    kept: int
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        counts = _counts(self, "noted", "waiting", "removed", "kept")
        return (*_results("swept", (self.kind,), counts), Took("sweep", self.seconds))


@dataclass(frozen=True, slots=True)
class RequestEnded(_Fact):
    """A request of an operator was carried out, or has failed.

    Attributes:
        request: its number.
        kind: such as ``verify``.
        state: ``done`` or ``failed``.
    """

    level: ClassVar[Level] = Level.INFO

    request: int
    kind: str
    state: str
    seconds: float

    @override
    def measures(self) -> Iterable[Measure]:
        return (Count("requests", (self.kind, self.state)),)


Event = (
    PushFailed
    | PushSkipped
    | KeyParked
    | EntityPaused
    | EntitySkipped
    | LedgerRaised
    | Relayed
    | Backfilled
    | BackfillWaits
    | InsertsRefused
    | BreakerOpened
    | BreakerClosed
    | LoopFailed
    | DriftFound
    | Verified
    | PassResumed
    | PassAbandoned
    | LagTooOld
    | LagOver
    | Repaired
    | Swept
    | RequestEnded
)


def _counts(event: object, *names: str) -> dict[str, int]:
    return {name: getattr(event, name) for name in names}


def _results(metric: str, labels: tuple[str, ...], counts: dict[str, int]) -> Iterable[Count]:
    """Return a step's counts, each under the label `result`, which is the last one."""
    return (Count(metric, (*labels, result), times) for result, times in counts.items())
