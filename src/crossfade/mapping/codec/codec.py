"""Conversion between the rows of a mapping and their items."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from crossfade.errors import NoItemKey, TooLarge, Unmappable
from crossfade.mapping.codec.canonical import canonicalizers
from crossfade.mapping.codec.decoders import decoder, invalid_value, text_of
from crossfade.mapping.codec.encoders import encoder, plain_kind, unmappable
from crossfade.mapping.codec.item_codegen import item_function
from crossfade.mapping.codec.item_size import BYTES_PER_CHARACTER_MAX, ITEM_BYTES_MAX, item_bytes
from crossfade.mapping.codec.key_encoding import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX, Texts
from crossfade.mapping.codec.shapes import Item, ShapePlan, shape_plans
from crossfade.mapping.declaration.columns import Body
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.rules import DELETED_FIELD, MAPPING_FIELD, VERSION_FIELD
from crossfade.mapping.object_keys import OBJECT_KEY_BYTES_MAX, object_key
from crossfade.mapping.state import BodyRef, Deleted, Key, Live

# Upper bounds: of a value's bytes besides its text; of identifiers, versions and key names.
_VALUE_BYTES = 4
_CONTROL_BYTES_MAX = 4096

StoredItem = MappingOf[str, MappingOf[str, Any]]


@dataclass(frozen=True, slots=True)
class NewObject:
    """A large column that must be stored before its item.

    Attributes:
        object_key: the key to store it under.
        column: the column in PostgreSQL.
        digest: sha256 of its text, 64 lower-case hexadecimal digits.
        content: the text of a column that no longer fits its item; None if it must be read from
            the source.
    """

    object_key: str
    column: str
    digest: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An item to write, and the objects that must be stored first."""

    item: Item
    objects: tuple[NewObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """The content of an item read from the target.

    Attributes:
        columns: every column of the mapping as PostgreSQL prints it; None for an attribute that the
            item lacks, and so for a column that moved to an object.
        objects: the keys of the objects that hold large columns, by column.
        version: the ledger's version of the row.
        mapping_version: the version of the mapping that wrote it.
    """

    columns: dict[str, str | None]
    objects: dict[str, str]
    version: int
    mapping_version: int


class Codec:
    """Converter between the rows of one table and their items, without state between calls.

    Args:
        mapping: the declaration, from which the conversions are prepared once.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._shapes = shape_plans(mapping)
        self._item_functions = tuple(
            item_function(shape, mapping.columns, partial(self._item, shape))
            for shape in self._shapes
        )
        self._shapes_by_parts = {
            tuple(part is not None for part in shape.parts): shape for shape in self._shapes
        }
        self._encoders = tuple(
            (column.name, column.field, plain_kind(column), encoder(column))
            for column in mapping.columns
        )
        self._decoders = tuple(
            (column.name, column.field, decoder(column)) for column in mapping.columns
        )
        self._canonicalizers = canonicalizers(mapping.columns)
        self._bodies = {body.column: body for body in mapping.bodies if not body.overflow_only}
        self._overflow_bodies = tuple(body for body in mapping.bodies if body.overflow_only)
        self._columns_by_name = {column.name: column for column in mapping.columns}
        self._mapping_version = {"N": str(mapping.version)}
        self._safe_characters = _safe_characters(mapping)

    def encode(self, live: Live) -> Draft:
        """Return the item of a row, and the objects it needs that are not recorded as stored.

        Raises:
            Unmappable: a value has no exact form under its column's rule.
            TooLarge: the item exceeds 409,600 bytes even with every overflow body in an object.
        """
        texts = live.columns
        item = self._item_functions[self._shape_number(texts)](texts)
        objects: list[NewObject] = []
        for ref in live.bodies:
            objects += self._add_body(ref, item, texts)
        item[VERSION_FIELD] = {"N": str(live.version)}
        item[MAPPING_FIELD] = self._mapping_version
        if sum(map(len, filter(None, texts.values()))) > self._safe_characters:
            objects += self._shrink(item, texts)
        return Draft(item, tuple(objects))

    def tombstone(self, deleted: Deleted) -> Item:
        """Return the item that marks a deleted key; ElectroDB's readers ignore it.

        Raises:
            NoItemKey: the key never had an item.
            Unmappable: no shape of the mapping has a ledger key of this form.
        """
        return {
            **self.table_key(deleted.key),
            VERSION_FIELD: {"N": str(deleted.version)},
            DELETED_FIELD: {"BOOL": True},
        }

    def key_of(self, columns: Texts) -> Key:
        """Return the ledger key of a row."""
        shape = self._shapes[self._shape_number(columns)]
        return Key(self.mapping.name, shape.ledger_parts(columns))

    def table_key(self, key: Key) -> Item:
        """Return the key fields of the item of a ledger key.

        Raises:
            NoItemKey: a part of the key is empty or too long.
            Unmappable: no shape of the mapping has a ledger key of this form.
        """
        shape = self._shapes_by_parts.get(tuple(part is not None for part in key.parts))
        if shape is None:
            raise Unmappable(
                self.mapping.name,
                "a ledger key that matches no shape",
                "it comes from another version of the mapping; install the triggers again",
            )
        try:
            return shape.table_key(dict(zip(self.mapping.key_columns, key.parts, strict=True)))
        except Unmappable as error:
            raise NoItemKey(error.field, error.kind, error.remedy) from None

    def decode(self, item: StoredItem) -> Stored:
        """Return the content of an item, as PostgreSQL would print it.

        Raises:
            Unmappable: an attribute has a value that this mapping never writes.
        """
        return Stored(
            columns=self._read_columns(item),
            objects={
                body.column: _text(item, body.attribute)
                for body in self.mapping.bodies
                if body.attribute in item
            },
            version=_integer(item, VERSION_FIELD),
            mapping_version=_integer(item, MAPPING_FIELD),
        )

    def canonical(self, columns: Texts) -> dict[str, str | None]:
        """Return a row's columns in the form that `decode` returns.

        It differs from PostgreSQL's text only where a rule does not preserve it: the trailing zeros
        of numbers without a scale, the layout of documents.

        Raises:
            Unmappable: a text is not of its column's type.
        """
        return {
            name: canonicalize(text) if (text := columns[name]) is not None else None
            for name, canonicalize in self._canonicalizers
        }

    def _shape_number(self, texts: Texts) -> int:
        """Return the index of the first shape that applies to a row."""
        last = len(self._shapes) - 1
        for number in range(last):
            if self._shapes[number].applies(texts):
                return number
        return last

    def _item(self, shape: ShapePlan, texts: Texts) -> Item:
        """Return the item of any row of this shape."""
        item = shape.keys(texts)
        try:
            for name, field, kind, encode in self._encoders:
                text = texts[name]
                if text is not None:
                    item[field] = {kind: text} if kind else encode(text)
        except ValueError as error:
            raise unmappable(self._columns_by_name[name], str(error)) from None
        return item

    def _read_columns(self, item: StoredItem) -> dict[str, str | None]:
        columns: dict[str, str | None] = {}
        try:
            for name, field, decode in self._decoders:
                value = item.get(field)
                columns[name] = None if value is None else decode(value)
        except (KeyError, TypeError, ValueError):
            raise invalid_value(field, item[field]) from None
        return columns

    def _row_id(self, texts: Texts) -> tuple[str, ...]:
        return tuple(texts[name] or "" for name in self.mapping.primary_key)

    def _add_body(self, ref: BodyRef, item: Item, texts: Texts) -> tuple[NewObject, ...]:
        """Add a body's pointer to the item; return the object unless it is recorded as stored."""
        body = self._bodies.get(ref.column)
        if body is None:
            return ()
        key = self._add_pointer(item, body, texts, ref.digest)
        return () if ref.stored else (NewObject(key, ref.column, ref.digest),)

    def _add_pointer(self, item: Item, body: Body, texts: Texts, digest: str) -> str:
        key = object_key(body.prefix, self._row_id(texts), digest)
        item[body.attribute] = {"S": key}
        return key

    def _shrink(self, item: Item, texts: Texts) -> list[NewObject]:
        """Move overflow bodies to objects, in declared order, until the item fits."""
        objects: list[NewObject] = []
        size = item_bytes(item)
        for body in self._overflow_bodies:
            content = texts[body.column]
            if size <= ITEM_BYTES_MAX or content is None:
                continue
            del item[self._columns_by_name[body.column].field]
            digest = sha256(content.encode()).hexdigest()
            key = self._add_pointer(item, body, texts, digest)
            objects.append(NewObject(key, body.column, digest, content))
            size = item_bytes(item)
        if size > ITEM_BYTES_MAX:
            raise TooLarge(size, ITEM_BYTES_MAX)
        return objects


def _safe_characters(mapping: Mapping) -> int:
    """Return the number of characters up to which any row has an item that fits."""
    names = [column.field for column in mapping.columns]
    names += [body.attribute for body in mapping.bodies]
    key_bytes = (PARTITION_KEY_BYTES_MAX + SORT_KEY_BYTES_MAX) * max(
        len(entity.indexes) for entity in mapping.entities
    )
    fixed = (
        sum(len(name.encode()) + _VALUE_BYTES for name in names)
        + len(mapping.bodies) * OBJECT_KEY_BYTES_MAX
        + key_bytes
        + _CONTROL_BYTES_MAX
    )
    return (ITEM_BYTES_MAX - fixed) // BYTES_PER_CHARACTER_MAX


def _text(item: StoredItem, field: str) -> str:
    try:
        return text_of(item[field])
    except KeyError:
        raise invalid_value(field, item[field]) from None


def _integer(item: StoredItem, field: str) -> int:
    value = item.get(field, {})
    try:
        return int(value["N"])
    except (KeyError, TypeError, ValueError):
        raise invalid_value(field, value) from None
