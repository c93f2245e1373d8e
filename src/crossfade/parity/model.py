"""What verification says: the verdict on a key, the finding that is kept, the run it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crossfade.jobs.skipped import SkippedEntity
from crossfade.mapping.state import Key


class Verdict(StrEnum):
    """What became of one key when both stores were read between two reads of its version."""

    EQUAL = "equal"
    LAG = "lag"  # the newest version is not acknowledged yet
    RACE = "race"  # the version moved through every attempt to read
    PARKED = "parked"  # the ledger gave the key up, and says why
    DRIFT_MISSING = "drift_missing"  # a row without a live item
    DRIFT_EXTRA = "drift_extra"  # a live item without a row
    DRIFT_STALE = "drift_stale"  # the item is older than what was acknowledged
    DRIFT_DIFFERS = "drift_differs"  # same version, other content
    DRIFT_POINTER = "drift_pointer"  # the item names another object than the row's content has
    DRIFT_OBJECT = "drift_object"  # the object is not there, or is not what its name says
    DRIFT_FOREIGN = "drift_foreign"  # an item that no mapping makes
    DRIFT_UNCAPTURED = "drift_uncaptured"  # a row written without a mark in the ledger

    @property
    def is_drift(self) -> bool:
        """Whether only a repair can bring the stores together."""
        return self.value.startswith("drift_")


class Cause(StrEnum):
    """What probably lies behind a drift."""

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
    """Where a run stands; one that was killed still says running, and can go on."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both stores showed, without any content.

    Attributes:
        source_version: the ledger's version; None without a ledger row.
        acked_version: what the ledger knew the target to hold.
        target_version: the item's version; None without an item, or without one in it.
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
        key: the ledger key; of an item that belongs to no row, its partition and sort key under an
            empty entity.
        verdict: what it is.
        fields: the attributes that differ, sorted; their names alone.
        cause: what probably lies behind a drift.
    """

    key: Key
    verdict: Verdict
    fields: tuple[str, ...] = ()
    cause: Cause = Cause.NONE
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class Finding:
    """A drift as the ledger's schema keeps it.

    Attributes:
        id: grows in the order of discovery.
        comparison: the newest one.
        first_run: the run that found it.
        last_run: the newest run that saw it.
        closed_at: when it was seen to be gone; None while it is open.
        closed_by: what saw that, such as ``run 7``.
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
    """What a run counted; keys by verdict, each once.

    Attributes:
        source_rows: rows read.
        target_items: items read, tombstones included.
        orphan_objects: objects that no item names.
        read_units: what DynamoDB charged for reading.
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
        entities: the mappings that it covers; of one that ended, without those that it left out.
        is_deep: whether every object is read and hashed.
        seen_at: when it last said where it stands.
        root_digest: of all buckets of the source, 32 hexadecimal digits; None until they are known.
        left_out: the mappings that it could not cover, and why.
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
        """The mappings that it was to cover, sorted."""
        return tuple(sorted({*self.entities, *(one.entity for one in self.left_out)}))


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far one mapping has come; parked keys apart.

    Attributes:
        replicated_through: every write committed before is in the target.
        verified_through: of every write committed before, the key was compared at that version or a
            later one.
        unverified_keys: keys that were delivered and not verified since.
    """

    entity: str
    replicated_through: datetime
    verified_through: datetime
    unverified_keys: int


@dataclass(frozen=True, slots=True)
class Part:
    """One of the `COVERAGE_PARTS` parts of an entity's keys, as a run saw it.

    Attributes:
        keys: rows in it.
        drifted: keys with a finding of the run.
    """

    keys: int
    drifted: int


@dataclass(frozen=True, slots=True)
class Lag:
    """Writes of one entity that are not in the target yet; parked keys apart.

    Attributes:
        seconds: the age of the oldest one.
        keys: how many keys have waited for too long.
    """

    entity: str
    seconds: float
    keys: int
