"""Rows and items in one form, so that they can be compared and hashed. Pure.

A row's texts are PostgreSQL's in canonical form; an item's texts are read by the decoders. The
encoders, which wrote the item, have no part in either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from xxhash import xxh3_128_intdigest

from crossfade.errors import Rejected, Unmappable
from crossfade.mapping.codec.codec import Codec, StoredItem
from crossfade.mapping.codec.decoders import Decoder, decoder
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.rules import DELETED_FIELD, MAPPING_FIELD, VERSION_FIELD
from crossfade.mapping.declaration.shape_rules import key_field_names
from crossfade.mapping.object_keys import object_key
from crossfade.mapping.state import Key, Live
from crossfade.parity.comparison.items import Found, ItemForm
from crossfade.parity.comparison.rows import RowForm, Values, key_text

ItemKey = tuple[str, ...]
"""The texts of an item's key, partition key first."""
Name = tuple[str | None, ...]

UNREADABLE = 0
"""Sentinel digest for records that cannot be read. A real digest collides with it with probability
2^-128."""


class Record(NamedTuple):
    """One row or item in a full pass.

    Attributes:
        key_hash: hash of the item key, 128 bits.
        digest: hash of everything on which both stores must agree, the item key included.
        name: for a row the parts of its ledger key, for an item its key.
    """

    key_hash: int
    digest: int
    name: Name


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in columns: the first key hash belongs to the first digest and the first name."""

    key_hashes: list[int] = field(default_factory=list)
    digests: list[int] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)

    def add(self, key_hash: int, digest: int, name: Name) -> None:
        """Append a record."""
        self.key_hashes.append(key_hash)
        self.digests.append(digest)
        self.names.append(name)


class Reader:
    """Turns the rows and items of one mapping into records; reusable.

    Args:
        mapping: the declaration.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.codec = Codec(mapping)
        self.key_fields = key_field_names(mapping.entities[0])
        self._width = len(self.key_fields)
        self._rows = RowForm(mapping)
        self._items = ItemForm(mapping, self._rows)
        self._large = tuple(body for body in mapping.bodies if not body.overflow_only)
        self._overflow = tuple(body for body in mapping.bodies if body.overflow_only)
        self._pointer_fields = tuple(body.attribute for body in mapping.bodies)
        self._field_of = {column.name: column.field for column in mapping.columns}
        self._decoders = (
            *((name, key_text) for name in self._rows.keyed),
            *((column.field, decoder(column)) for column in mapping.columns),
            *((body.attribute, key_text) for body in self._large),
        )
        self.fields = tuple(name for name, _ in self._decoders)
        self._control = {*self.key_fields, VERSION_FIELD, MAPPING_FIELD}
        self._known = {*self.fields, *self._control}

    def of_rows(self, rows: Iterable[Values]) -> Batch:
        """Return the records of rows; that of a row without an item key never matches.

        Args:
            rows: each row's plain columns, then the digest of each large column.
        """
        batch = Batch()
        for row in rows:
            try:
                parts, texts = self._rows.read(row)
            except Rejected:
                key = self._key_of_row(row)
                batch.add(substitute_key_hash(key), UNREADABLE, key.parts)
            else:
                batch.add(key_hash_of(texts[: self._width]), _digest(texts), parts)
        return batch

    def of_raw(self, raw: bytes) -> tuple[Record, list[str]]:
        """Return the record of an item in DynamoDB's JSON, and the object keys that it references.

        Raises:
            KeyError, TypeError, ValueError: the item is not exactly one that the mapping makes.
        """
        found = self._items.read(raw)
        item_key = tuple(found[: self._width])
        pointers = [one for one in found[len(found) - len(self._large) :] if one is not None]
        return Record(key_hash_of(item_key), _digest(found), item_key), pointers

    def of_item(self, item: StoredItem) -> Record:
        """Return the record of a live item; its digest is `UNREADABLE` if no row can make it."""
        item_key = self.item_key(item)
        digest = UNREADABLE
        if self._control <= item.keys() <= self._known:
            try:
                digest = _digest(self._found(item))
            except (AttributeError, KeyError, TypeError, ValueError):
                digest = UNREADABLE
        return Record(key_hash_of(item_key), digest, item_key)

    def item_key(self, item: StoredItem) -> ItemKey:
        """Return the texts of an item's key."""
        return tuple([key_text(item[name]) for name in self.key_fields])

    def key_of_item(self, item: StoredItem) -> Key | None:
        """Return the ledger key of an item by its columns; None if they contradict its item key."""
        try:
            key = self.codec.key_of(self.codec.decode(item).columns)
            table_key = self.codec.table_key(key)
        except (Unmappable, KeyError, TypeError):
            return None
        return key if all(table_key[name] == item.get(name) for name in self.key_fields) else None

    def pointers(self, item: StoredItem) -> tuple[str, ...]:
        """Return the object keys that an item references."""
        return tuple(
            [item[name]["S"] for name in self._pointer_fields if "S" in item.get(name, ())]
        )

    def differences(self, live: Live, item: StoredItem) -> tuple[str, ...]:
        """Return the attributes in which an item differs from its row, sorted.

        A column that moved to an object because the item was too large counts as equal when the
        object's key is that of its content.

        Raises:
            Unmappable: the row has no item key, or a text is not of its column's type.
        """
        texts = zip(self._decoders, self._texts_of(live), strict=True)
        differing = {
            name for (name, decode), text in texts if not _agrees(item.get(name), decode, text)
        }
        known = set(self._known)
        for body in self._overflow:
            if body.attribute not in item:
                continue
            known.add(body.attribute)
            field_name = self._field_of[body.column]
            if self._is_moved(live, body.column, body.prefix, item[body.attribute]):
                differing.discard(field_name)
            else:
                differing.add(body.attribute)
            if field_name in item:
                differing.add(field_name)
        differing |= (item.keys() - known) | (self._control - item.keys())
        return tuple(sorted(differing))

    def digest_of_row(self, live: Live) -> str | None:
        """Return the digest of a row, 32 hexadecimal digits; None if it cannot be mapped."""
        try:
            return f"{_digest(self._texts_of(live)):032x}"
        except Unmappable:
            return None

    def digest_of_item(self, item: StoredItem) -> str | None:
        """Return the digest of an item, 32 hexadecimal digits; None if it cannot be read."""
        digest = self.of_item(item).digest
        return None if digest == UNREADABLE else f"{digest:032x}"

    @property
    def pointer_fields(self) -> frozenset[str]:
        """Return the attributes that hold object keys."""
        return frozenset(self._pointer_fields)

    def _key_of_row(self, row: Values) -> Key:
        """Return the ledger key of a row, even if it has no item key."""
        return self.codec.key_of(dict(zip(self._rows.columns, row, strict=False)))

    def _texts_of(self, live: Live) -> list[str | None]:
        digests = {ref.column: ref.digest for ref in live.bodies}
        row = [live.columns[name] for name in self._rows.columns]
        _, texts = self._rows.read([*row, *(digests.get(body.column) for body in self._large)])
        return texts

    def _found(self, item: StoredItem) -> Found:
        get = item.get
        return [
            None if (value := get(name)) is None else decode(value)
            for name, decode in self._decoders
        ]

    def _is_moved(self, live: Live, column: str, prefix: str, pointer: MappingOf[str, Any]) -> bool:
        content = live.columns[column]
        if content is None:
            return False
        row = tuple(live.columns[name] or "" for name in self.mapping.primary_key)
        digest = sha256(content.encode()).hexdigest()
        return pointer == {"S": object_key(prefix, row, digest)}


def is_tombstone(item: StoredItem) -> bool:
    """Return whether an item marks a deleted key."""
    return DELETED_FIELD in item


def version_of(item: StoredItem) -> int | None:
    """Return an item's version; None if it has no valid one."""
    return _number(item, VERSION_FIELD)


def mapping_version_of(item: StoredItem) -> int | None:
    """Return the version of the mapping that wrote an item; None if the item has no valid one."""
    return _number(item, MAPPING_FIELD)


def key_hash_of(texts: Sequence[str | None]) -> int:
    """Return the hash of an item key."""
    return xxh3_128_intdigest("\0".join([text or "" for text in texts]).encode())


def _number(item: StoredItem, field: str) -> int | None:
    try:
        return int(item[field]["N"])
    except (KeyError, TypeError, ValueError):
        return None


def substitute_key_hash(key: Key) -> int:
    """Return the key hash used for a row without an item key."""
    return key_hash_of(("row", str(key)))


def _digest(texts: Sequence[str | None]) -> int:
    return xxh3_128_intdigest(orjson.dumps(texts))


def _agrees(value: MappingOf[str, Any] | None, decode: Decoder, expected: str | None) -> bool:
    if value is None or expected is None:
        return value is None and expected is None
    try:
        return decode(value) == expected
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
