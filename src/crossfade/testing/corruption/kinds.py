"""The classes of injected corruption, and the changes that they consist of."""

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
    """A class of difference between two stores."""

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
    HOMOGLYPH = "look-alike"


@dataclass(frozen=True, slots=True)
class PutItem:
    """Write a complete item, unconditionally."""

    item: StoredItem


@dataclass(frozen=True, slots=True)
class DeleteItem:
    """Delete an item, unconditionally."""

    item: StoredItem


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """Delete an object."""

    object_key: str


@dataclass(frozen=True, slots=True)
class TruncateObject:
    """Cut the end off an object and keep its metadata."""

    object_key: str


@dataclass(frozen=True, slots=True)
class ReplaceObject:
    """Replace the content of an object and keep its metadata."""

    object_key: str


@dataclass(frozen=True, slots=True)
class AddObject:
    """Store a valid object under the key that belongs to its content."""

    object_key: str
    content: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Change a row of the source while its capture triggers are disabled."""

    primary_key: tuple[str, ...]


Change = (
    PutItem | DeleteItem | DeleteObject | TruncateObject | ReplaceObject | AddObject | ChangeRow
)


@dataclass(frozen=True, slots=True)
class KeyedItem:
    """A stored item and its ledger key."""

    key: Key
    item: StoredItem


@dataclass(frozen=True, slots=True)
class Selection:
    """An item chosen for damage, among the items of its mapping.

    Attributes:
        codec: the mapping's codec.
        items: the items of existing rows, in the order of their ledger keys; never empty.
        position: the index of the chosen item in `items`.
        tombstones: the tombstones of the mapping.
        random: makes the remaining choices, such as the attribute to change.
    """

    codec: Codec
    items: tuple[KeyedItem, ...]
    position: int
    tombstones: tuple[KeyedItem, ...]
    random: Random

    @property
    def chosen(self) -> KeyedItem:
        """Return the item to damage."""
        return self.items[self.position]


@dataclass(frozen=True, slots=True)
class Damage:
    """The changes of one corruption, and the ledger keys that differ because of them."""

    keys: tuple[Key, ...]
    changes: tuple[Change, ...]
