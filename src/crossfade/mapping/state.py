"""What flows carry between the stores: keys, states of rows, outcomes of deliveries."""

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
            column that takes no part in this row's item key.
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
        stored: whether the ledger knows that the object of this row and digest was uploaded.
    """

    column: str
    digest: str
    size_bytes: int
    stored: bool


@dataclass(frozen=True, slots=True)
class Live:
    """A row as one snapshot shows it.

    Attributes:
        key: its key in the ledger.
        version: the ledger's version in the same snapshot; 0 without a ledger row.
        columns: every mapped column that is not a body, as PostgreSQL prints it.
        bodies: the body columns that are not NULL.
        attempts: failed deliveries in a row before this one.
        read_at: when the snapshot was taken, by the source's clock, in seconds since 1970; its
            outcome carries it back.
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
    """Whose fault a failed delivery is."""

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
        """The part of its key that names the row."""
        return self.object_key.split("/")[-2]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target holds this version."""

    key: Key
    version: int
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Superseded:
    """The target refused this version because it holds the same one or a newer one."""

    key: Key
    version: int
    found: int
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Conflicting:
    """The target holds this very version with another content: the ledger was lost or restored."""

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
        error: its class.
        reason: its message; names columns and sizes, never a value.
        attempt: 1 for the first failure in a row.
    """

    key: Key
    error: type[Exception]
    reason: str
    blame: Blame
    attempt: int


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not tried, because the breaker of a store it needs is open; no failure of its own."""

    key: Key
    seconds: float


Outcome = Delivered | Superseded | Conflicting | Moved | Failed | Postponed


class Insertion(StrEnum):
    """What became of an item that was to be written only where none stands."""

    WRITTEN = "written"
    STANDING = "standing"  # an item stands there
    THROTTLED = "throttled"  # not tried for the rate
    REFUSED = "refused"  # not in this way


@dataclass(frozen=True, slots=True)
class AckReport:
    """What the ledger decided about the outcomes of one step."""

    parked: tuple[Key, ...] = ()
    raised: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class TombstoneRecord:
    """A clean key whose row is gone.

    Attributes:
        version: the ledger's; its tombstone has it too.
        seen_seconds: how long a sweep has known it under this version; None: it has not.
        is_drained: whether every key that is dirty now became so after it was first seen.
    """

    key: Key
    version: int
    seen_seconds: float | None
    is_drained: bool


@dataclass(frozen=True, slots=True)
class ObjectState:
    """What the source says about one object.

    Attributes:
        seen_seconds: how long a sweep has known that nothing names it; None: it has not.
        is_needed: whether its row has its content now, or is on its way to the target.
        keys: the ledger keys under which its row has, or had, items.
    """

    object_key: str
    seen_seconds: float | None
    is_needed: bool
    keys: tuple[Key, ...]
