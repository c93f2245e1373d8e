"""Find the mapping that owns an item, and turn pages of items into records. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson
from xxhash import xxh3_128_intdigest

from crossfade.entity import Casing, KeyForm
from crossfade.errors import CorruptResponse, Rejected
from crossfade.mapping.codec.codec import StoredItem
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.rules import ENTITY_FIELD
from crossfade.mapping.declaration.shape_rules import table_index
from crossfade.mapping.state import Key
from crossfade.parity.comparison.records import (
    Batch,
    ItemKey,
    Reader,
    Record,
    is_tombstone,
    key_hash_of,
    substitute_key_hash,
)
from crossfade.parity.comparison.rows import key_text

FORM = 4
"""Raised when the digest of a row, or the checkpoint of a pass, changes its form."""

# The entity that an item names. A match is a guess, which the mapping's own reader confirms.
_MARK = re.compile(rb'"' + ENTITY_FIELD.encode() + rb'"\s*:\s*\{\s*"S"\s*:\s*"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Scanned:
    """The records of a page of items.

    Attributes:
        items: the records of live items by mapping.
        referenced_objects: for each object that they reference: the hash of its key as key hash
            and as digest; its key followed by the item's key as name.
    """

    items: dict[str, Batch] = field(default_factory=dict)
    referenced_objects: Batch = field(default_factory=Batch)

    def add(self, reader: Reader, record: Record, pointers: Iterable[str]) -> None:
        """Append an item."""
        batch = self.items.get(reader.mapping.name)
        if batch is None:
            batch = self.items[reader.mapping.name] = Batch()
        batch.add(*record)
        for pointer in pointers:
            object_hash = key_hash_of((pointer,))
            self.referenced_objects.add(object_hash, object_hash, (pointer, *record.name))


class Readers:
    """The readers of an application's mappings, by name and by item.

    Args:
        mappings: those that are verified.
    """

    def __init__(self, mappings: Sequence[Mapping]) -> None:
        self.by_name = {mapping.name: Reader(mapping) for mapping in mappings}
        self._by_entity = {
            shape.entity: self.by_name[mapping.name]
            for mapping in mappings
            for shape in mapping.shapes
        }
        self._by_mark = {name.encode(): reader for name, reader in self._by_entity.items()}
        self._spaces = tuple(
            (reader, space)
            for reader in self.by_name.values()
            for space in _key_spaces(reader.mapping)
        )

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Return the prefixes of all object keys."""
        mappings = (reader.mapping for reader in self.by_name.values())
        return tuple(sorted({body.prefix for one in mappings for body in one.bodies}))

    def of_items(self, raws: Iterable[bytes]) -> Scanned:
        """Return the records of items in DynamoDB's JSON, except tombstones and unowned items.

        Raises:
            CorruptResponse: an item is not JSON.
        """
        scanned = Scanned()
        for raw in raws:
            mark = _MARK.search(raw)
            reader = self._by_mark.get(mark[1]) if mark else None
            try:
                if reader is not None:
                    scanned.add(reader, *reader.of_raw(raw))
                    continue
            except (KeyError, TypeError, ValueError):
                pass  # it was changed by another writer, or has a column in an object
            item = _parsed(raw)
            owner = None if is_tombstone(item) else self.owner(item)
            if owner is not None:
                scanned.add(owner, owner.of_item(item), owner.pointers(item))
        return scanned

    def owner(self, item: StoredItem) -> Reader | None:
        """Return the reader of an item by its identifiers, else by its key space."""
        return self.owner_by_identifier(item) or self.owner_by_key_space(item)

    def owner_by_identifier(self, item: StoredItem) -> Reader | None:
        """Return the reader of an item by its identifiers alone."""
        return self._by_entity.get(item.get(ENTITY_FIELD, {}).get("S", ""))

    def owner_by_key_space(self, item: StoredItem) -> Reader | None:
        """Return a reader whose keys begin as this item's key does."""
        fields = next(iter(self.by_name.values())).key_fields
        if not all(field in item for field in fields):
            return None
        return self.owner_by_key(tuple([key_text(item[field]) for field in fields]))

    def owner_by_key(self, item_key: ItemKey) -> Reader | None:
        """Return a reader whose item keys begin as this one does."""
        for reader, space in self._spaces:
            if all(map(str.startswith, item_key, space)):
                return reader
        return None

    def owner_and_key_hash(self, key: Key) -> tuple[str, int]:
        """Return the mapping that owns the key of a finding, and the hash of its item key."""
        if not key.entity:
            item_key = tuple([part or "" for part in key.parts])
            owner = self.owner_by_key(item_key)
            return owner.mapping.name if owner else "", key_hash_of(item_key)
        reader = self.by_name[key.entity]
        try:
            return key.entity, key_hash_of(reader.item_key(reader.codec.table_key(key)))
        except Rejected:
            return key.entity, substitute_key_hash(key)

    @property
    def form(self) -> str:
        """Return the form of the records; records of different forms cannot be compared."""
        mappings = [reader.mapping for reader in self.by_name.values()]
        return f"{xxh3_128_intdigest(repr((FORM, mappings)).encode()):032x}"


def _parsed(raw: bytes) -> StoredItem:
    try:
        item: StoredItem = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise CorruptResponse("an item of a page is not JSON") from None
    return item


def _key_spaces(mapping: Mapping) -> set[tuple[str, ...]]:
    """Return the beginnings of each shape's item keys."""
    return {
        tuple(_beginning(key) for key in table_index(entity).keys) for entity in mapping.entities
    }


def _beginning(key: KeyForm) -> str:
    text = key.prefix + (key.parts[0].literal if key.parts else "")
    match key.casing:
        case Casing.LOWER:
            return text.lower()
        case Casing.UPPER:
            return text.upper()
        case _:
            return text
