"""The classes of injected corruption, and the changes that bring them about."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import Key

StoredItem = MappingOf[str, MappingOf[str, Any]]


class Corruption(StrEnum):
    """A way in which two stores come to differ."""

    LOST_ITEM = "lost-item"
    LOST_DELETE = "lost-delete"
    EXTRA_ITEM = "extra-item"
    STALE_ITEM = "stale-item"
    CHANGED_STRING = "changed-string"
    CHANGED_NUMBER = "changed-number"
    CHANGED_BOOLEAN = "changed-boolean"
    CHANGED_TYPE = "changed-type"
    TRAILING_ZERO_LOST = "trailing-zero-lost"
    MICROSECONDS_LOST = "microseconds-lost"
    NULL_MIXED_UP = "null-mixed-up"
    SWAPPED_ATTRIBUTES = "swapped-attributes"
    LIST_ORDER = "list-order"
    LIST_DUPLICATE = "list-duplicate"
    WRONG_POINTER = "wrong-pointer"
    OLD_POINTER = "old-pointer"
    MISSING_OBJECT = "missing-object"
    TRUNCATED_OBJECT = "truncated-object"
    WRONG_OBJECT = "wrong-object"
    TOMBSTONE_OVER_ROW = "tombstone-over-row"
    HIGHER_VERSION = "higher-version"
    WRONG_INDEX_KEY = "wrong-index-key"
    WRONG_IDENTIFIERS = "wrong-identifiers"
    BOUNDARY_ROWS = "boundary-rows"
    UNCAPTURED_CHANGE = "uncaptured-change"
    SKIPPED_WINDOW = "skipped-window"
    LOOK_ALIKE = "look-alike"


@dataclass(frozen=True, slots=True)
class PutItem:
    """Write an item whole, whatever stands there."""

    item: StoredItem


@dataclass(frozen=True, slots=True)
class DeleteItem:
    """Remove an item, whatever stands there."""

    item: StoredItem


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """Remove an object."""

    object_key: str


@dataclass(frozen=True, slots=True)
class TruncateObject:
    """Cut the end off an object; what it says of itself stays."""

    object_key: str


@dataclass(frozen=True, slots=True)
class ReplaceObject:
    """Put another content under an object's key; what it says of itself stays."""

    object_key: str


@dataclass(frozen=True, slots=True)
class AddObject:
    """Store a sound object under the key that its content makes."""

    object_key: str
    content: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Change a row of the source while its capture is switched off."""

    primary_key: tuple[str, ...]


Change = (
    PutItem | DeleteItem | DeleteObject | TruncateObject | ReplaceObject | AddObject | ChangeRow
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A stored item and the ledger key it belongs to."""

    key: Key
    item: StoredItem


@dataclass(frozen=True, slots=True)
class Scene:
    """What a corruption chooses from.

    Attributes:
        codec: of the mapping whose items these are.
        peers: the items of live rows, in the order of their ledger keys; never empty.
        position: which of them is to suffer.
        graves: the tombstones of the mapping.
        random: decides what is left open.
    """

    codec: Codec
    peers: tuple[Peer, ...]
    position: int
    graves: tuple[Peer, ...]
    random: Random

    @property
    def victim(self) -> Peer:
        """The item that is to suffer."""
        return self.peers[self.position]


@dataclass(frozen=True, slots=True)
class Harm:
    """Changes that make one corruption, and the ledger keys that come to differ by it."""

    keys: tuple[Key, ...]
    changes: tuple[Change, ...]
