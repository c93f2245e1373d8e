"""Values that jobs exchange: keys, states of rows, outcomes of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One key of the ledger.

    Attributes:
        entity: the mapping's name, such as ``session``.
        parts: the key columns in declared order as PostgreSQL prints them; None for NULL and for a
            column that this row's item key does not use.
    """

    entity: str
    parts: tuple[str | None, ...]

    def __str__(self) -> str:
        return f"{self.entity}/" + "/".join("-" if part is None else part for part in self.parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a mapped table: the mapping's name and the primary key's columns as text."""

    entity: str
    primary_key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BodyRef:
    """A large column of a row: its digest, not its content.

    Attributes:
        column: the column's name.
        digest: sha256 of the column's text in UTF-8, 64 lower-case hexadecimal digits.
        size_bytes: length of that text in UTF-8.
        stored: whether the ledger records the object of this row and digest as uploaded.
    """

    column: str
    digest: str
    size_bytes: int
    stored: bool


@dataclass(frozen=True, slots=True)
class Live:
    """A row in one snapshot.

    Attributes:
        key: its key in the ledger.
        version: the ledger's version in the same snapshot; 0 without a ledger row.
        columns: every mapped column that is not a body, as PostgreSQL prints it.
        bodies: the body columns that are not NULL.
        attempts: consecutive failed deliveries before this one.
        read_at: when the snapshot was taken, by the source's clock, in seconds since 1970; copied
            to the outcome.
    """

    key: Key
    version: int
    columns: Mapping[str, str | None]
    bodies: tuple[BodyRef, ...] = ()
    attempts: int = 0
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Deleted:
    """A key without a row: deleted, or moved to another key."""

    key: Key
    version: int
    attempts: int = 0
    read_at: float = 0.0


State = Live | Deleted


class Blame(StrEnum):
    """The cause of a failed delivery: the record itself, or a store."""

    RECORD = "record"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object known to be in the store: its key, and the size of its plain content."""

    entity: str
    object_key: str
    size_bytes: int

    @property
    def row_id(self) -> str:
        """Return the part of the key that names the row."""
        return self.object_key.split("/")[-2]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target has this version."""

    key: Key
    version: int
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Superseded:
    """The target refused this version because it has the same one or a newer one.

    Attributes:
        found: the target's version.
    """

    key: Key
    version: int
    found: int
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Conflicting:
    """The target has the same version with different content: the ledger was lost or restored."""

    key: Key
    version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The row changed between two reads of one delivery; the key stays dirty."""

    key: Key


@dataclass(frozen=True, slots=True)
class Failed:
    """The delivery failed.

    Attributes:
        error: the error's class.
        reason: the error's message; it names columns and sizes, never a value.
        attempt: consecutive failures including this one.
    """

    key: Key
    error: type[Exception]
    reason: str
    blame: Blame
    attempt: int


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not attempted: a store's breaker is open, or the entity is paused. Not counted as a failure.

    Attributes:
        seconds: pause before the next attempt.
    """

    key: Key
    seconds: float


Outcome = Delivered | Superseded | Conflicting | Moved | Failed | Postponed


class Insertion(StrEnum):
    """The outcome of inserting an item, which is written only if no item has its key."""

    WRITTEN = "written"
    EXISTING = "existing"  # an item has this key
    THROTTLED = "throttled"  # to be sent again at a lower rate
    REFUSED = "refused"  # for another reason; to be put instead


@dataclass(frozen=True, slots=True)
class AckReport:
    """The keys that changed state when the ledger recorded the outcomes of one step.

    Attributes:
        parked: keys that are not delivered any longer.
        raised: keys whose version was raised above the target's.
    """

    parked: tuple[Key, ...] = ()
    raised: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class TombstoneRecord:
    """A clean key of a deleted row.

    Attributes:
        version: the version of the ledger and of the tombstone.
        seen_seconds: seconds since a sweep first saw it with this version; None if none has.
        is_drained: whether every key that is dirty now became dirty after that.
    """

    key: Key
    version: int
    seen_seconds: float | None
    is_drained: bool


@dataclass(frozen=True, slots=True)
class ObjectState:
    """The use of one object according to the source.

    Attributes:
        seen_seconds: seconds since a sweep first found it without use; None if none has.
        is_needed: whether its row has this content now, or has an undelivered change.
        keys: the ledger keys under which its row has, or had, items.
    """

    object_key: str
    seen_seconds: float | None
    is_needed: bool
    keys: tuple[Key, ...]
