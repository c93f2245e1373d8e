"""The results of verification: the verdict on a key, the recorded finding, the run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crossfade.jobs.skipped import SkippedEntity
from crossfade.mapping.state import Key


class Verdict(StrEnum):
    """The verdict on one key, both stores being read between two reads of its version."""

    EQUAL = "equal"
    LAG = "lag"  # the newest version is not acknowledged yet
    RACE = "race"  # the version changed during every attempt to read
    PARKED = "parked"  # the ledger parked the key, with a reason
    DRIFT_MISSING = "drift_missing"  # a row without a live item
    DRIFT_EXTRA = "drift_extra"  # a live item without a row
    DRIFT_STALE = "drift_stale"  # the item is older than what was acknowledged
    DRIFT_DIFFERS = "drift_differs"  # same version, other content
    DRIFT_POINTER = "drift_pointer"  # the item references another object than the row needs
    DRIFT_OBJECT = "drift_object"  # the object does not exist, or its content is wrong
    DRIFT_FOREIGN = "drift_foreign"  # an item that no mapping makes
    DRIFT_UNCAPTURED = "drift_uncaptured"  # a row written without a mark in the ledger

    @property
    def is_drift(self) -> bool:
        """Return whether only a repair can make the stores equal."""
        return self.value.startswith("drift_")


class Cause(StrEnum):
    """The probable cause of a drift."""

    LOST_WRITE = "lost write"
    NOT_BACKFILLED = "not backfilled"
    LOST_DELETE = "lost delete"
    OVERWRITTEN = "overwritten in the target"
    LEDGER_BEHIND = "ledger behind the target"
    NOT_CAPTURED = "written behind the triggers"
    FOREIGN_WRITER = "foreign writer"
    LOST_OBJECT = "object lost or damaged"
    NONE = "none"


class RunState(StrEnum):
    """The state of a run; a killed one remains running, and can be resumed."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The versions and digests of both stores, without any content.

    Attributes:
        source_version: the ledger's version; None without a ledger row.
        acked_version: the version that the ledger knew the target to have.
        target_version: the item's version; None without an item or without a valid version.
        source_digest: of the row in canonical form, 32 hexadecimal digits; None without a row.
        target_digest: of the item decoded; None without a live item that can be decoded.
        mapping_version: of the mapping that wrote the item.
    """

    source_version: int | None = None
    acked_version: int | None = None
    target_version: int | None = None
    source_digest: str | None = None
    target_digest: str | None = None
    mapping_version: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on one key, with its evidence.

    Attributes:
        key: the ledger key; for an item without a row, its partition and sort key under an empty
            entity.
        verdict: the verdict.
        fields: the attributes that differ, sorted; their names alone.
        cause: the probable cause of a drift.
    """

    key: Key
    verdict: Verdict
    fields: tuple[str, ...] = ()
    cause: Cause = Cause.NONE
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class Finding:
    """A drift as recorded in the ledger's schema.

    Attributes:
        id: grows in the order of discovery.
        comparison: the newest one.
        first_run: the run that found it.
        last_run: the newest run that saw it.
        closed_at: when the drift no longer existed; None while the finding is open.
        closed_by: what closed it, such as ``run 7``.
    """

    id: int
    comparison: Comparison
    first_run: int
    last_run: int
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a run; each key is counted once, by its verdict.

    Attributes:
        source_rows: rows read.
        target_items: items read, tombstones included.
        orphan_objects: objects that no item references.
        read_units: the read units that DynamoDB charged.
    """

    source_rows: int = 0
    target_items: int = 0
    equal_keys: int = 0
    lagging_keys: int = 0
    racing_keys: int = 0
    parked_keys: int = 0
    drifted_keys: int = 0
    orphan_objects: int = 0
    read_units: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """One verification pass.

    Attributes:
        kind: ``full`` or ``continuous``.
        entities: the mappings that it covers; at the end, without the skipped ones.
        is_deep: whether every object is read and hashed.
        seen_at: when it last recorded its progress.
        root_digest: of all buckets of the source, 32 hexadecimal digits; None until they are known.
        left_out: the skipped mappings, with the reasons.
    """

    id: int
    kind: str
    entities: tuple[str, ...]
    is_deep: bool
    state: RunState
    started_at: datetime
    seen_at: datetime
    finished_at: datetime | None
    tally: Tally
    root_digest: str | None = None
    left_out: tuple[SkippedEntity, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the mappings that it was to cover, sorted."""
        return tuple(sorted({*self.entities, *(one.entity for one in self.left_out)}))


@dataclass(frozen=True, slots=True)
class Watermark:
    """The progress of one mapping, except parked keys.

    Attributes:
        replicated_through: every write committed before this time is in the target.
        verified_through: the key of every write committed before this time was compared, at that
            version or a later one.
        unverified_keys: keys that were delivered and not compared since then.
    """

    entity: str
    replicated_through: datetime
    verified_through: datetime
    unverified_keys: int


@dataclass(frozen=True, slots=True)
class Part:
    """One of the `COVERAGE_PARTS` parts of an entity's keys, in one run.

    Attributes:
        keys: rows in it.
        drifted: keys with a finding of the run.
    """

    keys: int
    drifted: int


@dataclass(frozen=True, slots=True)
class Lag:
    """Writes of one entity that are not in the target yet, except parked keys.

    Attributes:
        seconds: the age of the oldest one.
        keys: the number of keys that have waited for too long.
    """

    entity: str
    seconds: float
    keys: int
