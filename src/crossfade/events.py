"""Facts that happened, as values. Flows call `observe(event)`; logs, metrics and pages subscribe.

No event carries a row's content; keys and error classes are all they name.
"""

from __future__ import annotations

from dataclasses import dataclass

from crossfade.mapping.state import Key


@dataclass(frozen=True, slots=True)
class PushFailed:
    """A write is in PostgreSQL and not yet in the target; the relay will bring it."""

    key: Key
    error: str
    reason: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PushSkipped:
    """The fast path left a write to the relay without trying.

    Attributes:
        entity: the mapping's name.
        cause: ``queue full``, ``breaker open`` or ``source unavailable``.
    """

    entity: str
    cause: str


@dataclass(frozen=True, slots=True)
class KeyParked:
    """A key failed too often for its own reason; the others go on without it."""

    key: Key
    reason: str


@dataclass(frozen=True, slots=True)
class EntityPaused:
    """No key of an entity can be read: its table has changed, or no mapping has its name here."""

    entity: str
    error: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EntitySkipped:
    """A job goes on without an entity, whose table has changed.

    Attributes:
        job: ``verify``, ``repair`` or ``backfill``.
    """

    job: str
    entity: str
    error: str
    reason: str


@dataclass(frozen=True, slots=True)
class LedgerRaised:
    """The target was ahead of the ledger; the key's version was raised above it (source wins)."""

    key: Key


@dataclass(frozen=True, slots=True)
class Relayed:
    """One step of the relay or of the fast path ended.

    Attributes:
        worker: ``relay`` or ``push``.
        delivered: keys written.
        superseded: keys of which the target held the same version or a newer one.
        retried: keys that changed meanwhile, or wait for a breaker.
        failed: keys with a `PushFailed` of their own.
    """

    worker: str
    delivered: int
    superseded: int
    retried: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Backfilled:
    """The backfill has dealt with a page of rows; the counts are those of `Tally`."""

    entity: str
    window: int
    written: int
    skipped: int
    marked: int
    parked: int
    seconds: float


@dataclass(frozen=True, slots=True)
class BackfillWaits:
    """A store cannot take rows of the backfill now; they are sent again after a pause."""

    entity: str
    rows: int
    error: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class InsertsRefused:
    """The rows of an entity are put one by one: the target does not insert many at a time."""

    entity: str
    error: str
    reason: str


@dataclass(frozen=True, slots=True)
class BreakerOpened:
    """A store failed too often in a row; it is left alone for a while."""

    store: str
    error: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class BreakerClosed:
    """A store answers again."""

    store: str


@dataclass(frozen=True, slots=True)
class LoopFailed:
    """A step raised what it should not have; the loop goes on after a pause."""

    loop: str
    error: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DriftFound:
    """Verification found keys in which the stores differ; the findings say which.

    Attributes:
        run: the run's number.
        verdict: such as ``drift_missing``.
        keys: how many, in one step.
    """

    run: int
    verdict: str
    keys: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification pass ended.

    Attributes:
        run: its number.
        kind: ``full`` or ``continuous``.
        equal: keys that are equal.
        lagging: keys whose newest version was on its way.
        racing: keys that changed through every attempt to read them.
        parked: keys that are no longer tried.
        drifted: keys with a finding.
    """

    run: int
    kind: str
    equal: int
    lagging: int
    racing: int
    parked: int
    drifted: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PassResumed:
    """A verification pass that was killed or failed goes on where it stood.

    Attributes:
        run: its number.
        silent_seconds: how long it stood still.
    """

    run: int
    silent_seconds: float


@dataclass(frozen=True, slots=True)
class PassAbandoned:
    """A verification pass that was killed or failed does not go on; a new one begins."""

    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class LagTooOld:
    """An entity's oldest undelivered write is older than allowed; told once until it is over.

    Attributes:
        entity: the mapping's name.
        seconds: the age of that write.
        keys: how many keys have waited for longer than allowed.
        seconds_max: what is allowed.
    """

    entity: str
    seconds: float
    keys: int
    seconds_max: float


@dataclass(frozen=True, slots=True)
class LagOver:
    """No write of an entity has waited for longer than allowed any more."""

    entity: str
    seconds_max: float


@dataclass(frozen=True, slots=True)
class Repaired:
    """A step of repair ended.

    Attributes:
        closed: findings whose keys are equal now.
        open: findings whose keys still differ, or were written to all the while.
        left: findings that nothing is done about: of items that no mapping makes, and of entities
            that are left out.
    """

    closed: int
    open: int
    left: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep has looked at a batch of tombstones or of objects.

    Attributes:
        kind: ``tombstone`` or ``object``.
        looked: how many were looked at; those of use are counted nowhere else.
        noted: seen without use for the first time.
        waiting: without use, and kept for the grace period or until older changes have arrived.
        removed: gone now.
        kept: needed again when they were to be removed.
    """

    kind: str
    looked: int
    noted: int
    waiting: int
    removed: int
    kept: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """What an operator asked for was done, or has failed.

    Attributes:
        request: its number.
        kind: such as ``verify``.
        state: ``done`` or ``failed``.
    """

    request: int
    kind: str
    state: str
    seconds: float


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
