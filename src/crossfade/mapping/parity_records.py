"""Rows and items brought to one form, so that they can be compared and hashed.

The row's side is PostgreSQL's text in canonical form; the item's side is what the decoders read
from it. The encoders, which wrote the item, take part in neither.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from xxhash import xxh3_128_intdigest

from crossfade.entity import Casing, KeyForm
from crossfade.errors import Unmappable
from crossfade.mapping.canonical import canonicalizers
from crossfade.mapping.checks import DELETED_FIELD, ENTITY_FIELD, MAPPING_FIELD, VERSION_FIELD
from crossfade.mapping.checks_shapes import key_field_names, table_index
from crossfade.mapping.codec import Codec, StoredItem
from crossfade.mapping.declare import Mapping
from crossfade.mapping.decoders import decoder
from crossfade.mapping.keys import Texts
from crossfade.mapping.objects import object_key, row_component
from crossfade.mapping.parts import Rule
from crossfade.mapping.shape_plans import Item, shape_plans
from crossfade.mapping.state import Key, Live
from crossfade.mapping.types import rule_of

Values = list[str | None]
ItemKey = tuple[str, ...]
"""The texts of an item's key, partition key first."""

UNREADABLE = 0
"""Stands for the digest of what has none; no record's digest is it, but for one in 2^128."""


class Record(NamedTuple):
    """One row or item as a full pass sees it.

    Attributes:
        place: hash of the item's key, 128 bits.
        digest: hash of everything that both stores must agree on, the item's key included.
        name: the ledger key's parts of a row, the item's key of an item.
    """

    place: int
    digest: int
    name: tuple[str | None, ...]


class Reader:
    """Brings the rows and items of one mapping to one form; pure and reusable.

    Args:
        mapping: the declaration.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.codec = Codec(mapping)
        self.key_fields = key_field_names(mapping.entities[0])
        self._shapes = shape_plans(mapping)
        self._columns = tuple(column.name for column in mapping.columns)
        self._large = tuple(body for body in mapping.bodies if not body.overflow_only)
        self._overflow = tuple(body for body in mapping.bodies if body.overflow_only)
        self._pointer_fields = tuple(body.attribute for body in mapping.bodies)
        self._keyed = self._keyed_fields()
        plain = [column for column in mapping.columns if rule_of(column) is Rule.TEXT]
        others = [column for column in mapping.columns if rule_of(column) is not Rule.TEXT]
        self._plain = tuple(column.name for column in plain)
        self._plain_fields = (
            *(column.field for column in plain),
            *(body.attribute for body in self._large),
        )
        canonical = dict(canonicalizers(others))
        self._others = tuple(
            (column.name, None if canonical[column.name] is str else canonical[column.name])
            for column in others
        )
        self._decoders = tuple((column.field, decoder(column)) for column in others)
        self.fields = (
            *self._plain_fields,
            *self._keyed,
            *(field for field, _ in self._decoders),
        )
        self._control = (*self.key_fields, VERSION_FIELD, MAPPING_FIELD)
        self._field_of = {column.name: column.field for column in mapping.columns}
        self._decoder_of = dict(self._decoders) | dict.fromkeys(self._keyed, _text)

    def of_row(self, values: Sequence[str | None]) -> Record:
        """Return the record of a row: its plain columns, then the digest of each large one.

        Raises:
            Unmappable: the row has no item's key, or a text is not of its column's type.
        """
        texts = dict(zip(self._columns, values, strict=False))
        shape, keys = self._keys_of(texts)
        place = self.place(keys)
        expected = self._expected(texts, keys, values[len(self._columns) :])
        return Record(place_of(place), _digest(place, expected), shape)

    def of_item(self, item: StoredItem) -> Record:
        """Return the record of a live item; one that no row makes has no digest."""
        place = self.place(item)
        try:
            found = self._found(item)
        except (AttributeError, KeyError, TypeError, ValueError):
            return Record(place_of(place), UNREADABLE, place)
        known = len(found) - found.count(None) + len(self._control)
        if known != len(item):
            return Record(place_of(place), UNREADABLE, place)
        return Record(place_of(place), _digest(place, found), place)

    def key_of_row(self, values: Sequence[str | None]) -> Key:
        """Return the ledger key of a row, also of one that has no item's key."""
        return self.codec.key_of(dict(zip(self._columns, values, strict=False)))

    def place(self, item: StoredItem) -> ItemKey:
        """Return the texts of an item's key."""
        return tuple([_text(item[name]) for name in self.key_fields])

    def key_of_item(self, item: StoredItem) -> Key | None:
        """Return the ledger key that an item's own columns give it; None if they contradict it."""
        try:
            key = self.codec.key_of(self.codec.decode(item).columns)
            at = self.codec.table_key(key)
        except (Unmappable, KeyError, TypeError):
            return None
        return key if all(at[name] == item.get(name) for name in self.key_fields) else None

    def pointers(self, item: StoredItem) -> tuple[str, ...]:
        """Return the object keys that an item names."""
        return tuple(
            [item[name]["S"] for name in self._pointer_fields if "S" in item.get(name, ())]
        )

    def differences(self, live: Live, item: StoredItem) -> tuple[str, ...]:
        """Return the attributes in which an item differs from its row, sorted.

        A column that moved to an object because the item was too large counts as equal when the
        object's key is that of its content.

        Raises:
            Unmappable: the row has no item's key, or a text is not of its column's type.
        """
        expected = dict(zip(self.fields, self._expected_of(live), strict=True))
        differing = {name for name in self.fields if not self._agrees(name, expected[name], item)}
        known = {*self.fields, *self._control}
        for body in self._overflow:
            if body.attribute not in item:
                continue
            known.add(body.attribute)
            field = self._field_of[body.column]
            if self._is_moved(live, body.column, body.prefix, item[body.attribute]):
                differing.discard(field)
            else:
                differing.add(body.attribute)
            if field in item:
                differing.add(field)
        differing |= (item.keys() - known) | (set(self._control) - item.keys())
        return tuple(sorted(differing))

    def digest_of_row(self, live: Live) -> str | None:
        """Return the digest of a row as hexadecimal digits; None of one that has none."""
        try:
            place = tuple(_text(self.codec.table_key(live.key)[name]) for name in self.key_fields)
            return f"{_digest(place, self._expected_of(live)):032x}"
        except Unmappable:
            return None

    def digest_of_item(self, item: StoredItem) -> str | None:
        """Return the digest of an item as hexadecimal digits; None of one that has none."""
        digest = self.of_item(item).digest
        return None if digest == UNREADABLE else f"{digest:032x}"

    @property
    def pointer_fields(self) -> frozenset[str]:
        """The attributes that hold keys of objects."""
        return frozenset(self._pointer_fields)

    def _expected_of(self, live: Live) -> Values:
        digests = {ref.column: ref.digest for ref in live.bodies}
        _, keys = self._keys_of(live.columns)
        return self._expected(live.columns, keys, [digests.get(one.column) for one in self._large])

    def _keys_of(self, texts: Texts) -> tuple[tuple[str | None, ...], Item]:
        for shape in self._shapes:
            if shape.applies(texts) or shape is self._shapes[-1]:
                return shape.ledger_parts(texts), shape.keys(texts)
        raise AssertionError("the last shape applies to every row")

    def _expected(self, texts: Texts, keys: Item, digests: Sequence[str | None]) -> Values:
        values = [texts[name] for name in self._plain]
        if self._large:
            values += self._expected_pointers(texts, digests)
        for name in self._keyed:
            key = keys.get(name)
            values.append(None if key is None else _text(key))
        for name, canonicalize in self._others:
            text = texts[name]
            if canonicalize is not None and text is not None:
                text = canonicalize(text)
            values.append(text)
        return values

    def _expected_pointers(self, texts: Texts, digests: Sequence[str | None]) -> Values:
        if not any(digests):
            return [None] * len(digests)
        row = row_component(tuple(texts[name] or "" for name in self.mapping.primary_key))
        return [
            None if digest is None else f"{body.prefix}/{row}/{digest}"
            for body, digest in zip(self._large, digests, strict=True)
        ]

    def _found(self, item: StoredItem) -> Values:
        get = item.get
        found: Values = [
            None if (value := get(name)) is None else value["S"] for name in self._plain_fields
        ]
        found += [None if (value := get(name)) is None else _text(value) for name in self._keyed]
        found += [
            None if (value := get(name)) is None else decode(value)
            for name, decode in self._decoders
        ]
        return found

    def _agrees(self, name: str, expected: str | None, item: StoredItem) -> bool:
        value = item.get(name)
        if value is None or expected is None:
            return value is None and expected is None
        try:
            return self._read(name, value) == expected
        except (AttributeError, KeyError, TypeError, ValueError):
            return False

    def _read(self, name: str, value: MappingOf[str, Any]) -> str:
        decode = self._decoder_of.get(name)
        return str(value["S"]) if decode is None else decode(value)

    def _is_moved(self, live: Live, column: str, prefix: str, pointer: MappingOf[str, Any]) -> bool:
        content = live.columns[column]
        if content is None:
            return False
        row = tuple(live.columns[name] or "" for name in self.mapping.primary_key)
        digest = sha256(content.encode()).hexdigest()
        return pointer == {"S": object_key(prefix, row, digest)}

    def _keyed_fields(self) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for shape in self._shapes:
            names |= dict.fromkeys(shape.identifiers)
            names |= {field.name: None for index in shape.indexes for field in index.fields}
        return tuple(name for name in names if name not in self.key_fields)


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

    def owner(self, item: StoredItem) -> Reader | None:
        """Return the reader of an item by its identifiers, else by the space its key is in."""
        return self.named_by(item) or self.neighbour(item)

    def named_by(self, item: StoredItem) -> Reader | None:
        """Return the reader of an item by its identifiers alone."""
        return self._by_entity.get(item.get(ENTITY_FIELD, {}).get("S", ""))

    def neighbour(self, item: StoredItem) -> Reader | None:
        """Return a reader that makes keys which begin as this item's does."""
        for reader, space in self._spaces:
            texts = reader.place(item) if all(one in item for one in reader.key_fields) else ()
            if texts and all(map(str.startswith, texts, space)):
                return reader
        return None


def is_tombstone(item: StoredItem) -> bool:
    """Tell whether an item marks a deleted key."""
    return DELETED_FIELD in item


def version_of(item: StoredItem) -> int | None:
    """Return an item's version; None of one that has none."""
    return _number(item, VERSION_FIELD)


def mapping_version_of(item: StoredItem) -> int | None:
    """Return the version of the mapping that wrote an item; None of one that says none."""
    return _number(item, MAPPING_FIELD)


def place_of(texts: Sequence[str]) -> int:
    """Return the hash of an item's key."""
    return xxh3_128_intdigest("\0".join(texts).encode())


def _number(item: StoredItem, field: str) -> int | None:
    try:
        return int(item[field]["N"])
    except (KeyError, TypeError, ValueError):
        return None


def _digest(place: ItemKey, values: Values) -> int:
    return xxh3_128_intdigest(orjson.dumps((place, values)))


def _text(value: MappingOf[str, Any]) -> str:
    """Return a key's text; a number's is told apart from a text's."""
    text = value.get("S")
    return text if isinstance(text, str) else f"N\0{value['N']}"


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
