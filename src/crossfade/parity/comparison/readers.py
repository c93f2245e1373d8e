"""Whose an item is, and the records of whole pages of items."""

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
    place_of_none,
)
from crossfade.parity.comparison.rows import key_text

FORM = 3
"""Grows when the same row gets another digest, or a pass keeps another account of itself."""

# Whose an item says it is. What this finds is a guess that the mapping's own reader confirms.
_MARK = re.compile(rb'"' + ENTITY_FIELD.encode() + rb'"\s*:\s*\{\s*"S"\s*:\s*"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a page of items holds.

    Attributes:
        items: the records of live items by mapping.
        named: of each object that they name: its key's hash, the same again, its key followed by
            the key of the item.
    """

    items: dict[str, Batch] = field(default_factory=dict)
    named: Batch = field(default_factory=Batch)

    def add(self, reader: Reader, record: Record, pointers: Iterable[str]) -> None:
        """Append an item."""
        batch = self.items.get(reader.mapping.name)
        if batch is None:
            batch = self.items[reader.mapping.name] = Batch()
        batch.add(*record)
        for pointer in pointers:
            place = key_hash_of((pointer,))
            self.named.add(place, place, (pointer, *record.name))


class Readers:
    """The readers of an application, and whose an item is.

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
        """What the names of all objects begin with."""
        mappings = (reader.mapping for reader in self.by_name.values())
        return tuple(sorted({body.prefix for one in mappings for body in one.bodies}))

    def of_items(self, raws: Iterable[bytes]) -> Scanned:
        """Return the records of items as DynamoDB sent them, but tombstones and strangers.

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
                pass  # an item that was tampered with, or moved a column to an object
            item = _parsed(raw)
            owner = None if is_tombstone(item) else self.owner(item)
            if owner is not None:
                scanned.add(owner, owner.of_item(item), owner.pointers(item))
        return scanned

    def owner(self, item: StoredItem) -> Reader | None:
        """Return the reader of an item by its identifiers, else by the space its key is in."""
        return self.named_by(item) or self.neighbour(item)

    def named_by(self, item: StoredItem) -> Reader | None:
        """Return the reader of an item by its identifiers alone."""
        return self._by_entity.get(item.get(ENTITY_FIELD, {}).get("S", ""))

    def neighbour(self, item: StoredItem) -> Reader | None:
        """Return a reader that makes keys which begin as this item's does."""
        fields = next(iter(self.by_name.values())).key_fields
        if not all(field in item for field in fields):
            return None
        return self.near(tuple([key_text(item[field]) for field in fields]))

    def near(self, place: ItemKey) -> Reader | None:
        """Return a reader that makes item keys which begin as this one does."""
        for reader, space in self._spaces:
            if all(map(str.startswith, place, space)):
                return reader
        return None

    def place_of_key(self, key: Key) -> tuple[str, int]:
        """Return whose a finding's key is, and the hash of its item's key."""
        if not key.entity:
            place = tuple([part or "" for part in key.parts])
            owner = self.near(place)
            return owner.mapping.name if owner else "", key_hash_of(place)
        reader = self.by_name[key.entity]
        try:
            return key.entity, key_hash_of(reader.place(reader.codec.table_key(key)))
        except Rejected:
            return key.entity, place_of_none(key)

    @property
    def form(self) -> str:
        """Tell what records look like; those of another form do not compare."""
        mappings = [reader.mapping for reader in self.by_name.values()]
        return f"{xxh3_128_intdigest(repr((FORM, mappings)).encode()):032x}"


def _parsed(raw: bytes) -> StoredItem:
    try:
        item: StoredItem = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise CorruptResponse("an item of a page is not JSON") from None
    return item


def _key_spaces(mapping: Mapping) -> set[tuple[str, ...]]:
    """Return what the item keys of each shape begin with."""
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
