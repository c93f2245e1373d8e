"""The shapes of a mapping as functions of a row: whether a shape applies, and the item's keys."""

from __future__ import annotations

from dataclasses import dataclass

from crossfade.entity import Entity
from crossfade.mapping.codec.encoders import Value
from crossfade.mapping.codec.key_encoding import KeyField, Texts, index_key_fields, table_key_fields
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.shape_rules import table_index

Item = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Index:
    """The key fields of a secondary index and the columns a row needs to be in it."""

    fields: tuple[KeyField, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShapePlan:
    """One shape, prepared for encoding rows.

    Attributes:
        present: the columns that are non-NULL in every row to which the shape applies.
        parts: the columns of a ledger key, None for those that the shape does not use.
        table: the fields of the table's key.
        indexes: the secondary indexes with their own key fields.
        identifiers: the fields by which ElectroDB recognises items of its entity.
    """

    present: tuple[str, ...]
    parts: tuple[str | None, ...]
    table: tuple[KeyField, ...]
    indexes: tuple[Index, ...]
    identifiers: Item

    def applies(self, texts: Texts) -> bool:
        """Return whether a row has every column that this shape's table key needs."""
        return _has_all(texts, self.present)

    def ledger_parts(self, texts: Texts) -> tuple[str | None, ...]:
        """Return the parts of the ledger key of a row of this shape."""
        return tuple(None if column is None else texts[column] for column in self.parts)

    def table_key(self, texts: Texts) -> Item:
        """Return the table's key of a row of this shape."""
        return {field.name: field.render(texts) for field in self.table}

    def keys(self, texts: Texts) -> Item:
        """Return all key fields of a row of this shape, and its identifiers.

        A row is in a secondary index if it has all columns of the index.
        """
        keys = self.identifiers.copy()
        for field in self.table:
            keys[field.name] = field.render(texts)
        for index in self.indexes:
            if _has_all(texts, index.columns):
                for field in index.fields:
                    keys[field.name] = field.render(texts)
        return keys


def _has_all(texts: Texts, columns: tuple[str, ...]) -> bool:
    for column in columns:  # noqa: SIM110 - all() with a generator takes five times as long
        if texts[column] is None:
            return False
    return True


def shape_plans(mapping: Mapping) -> tuple[ShapePlan, ...]:
    """Return a mapping's shapes in order; the last one applies to every row."""
    return tuple(_plan(mapping, entity) for entity in mapping.entities)


def _plan(mapping: Mapping, entity: Entity) -> ShapePlan:
    by_attribute = {column.attribute: column for column in mapping.columns}
    index = table_index(entity)
    columns = {by_attribute[name].name: by_attribute[name] for name in index.composites}
    return ShapePlan(
        present=tuple(
            name
            for name, column in columns.items()
            if not column.required and name not in mapping.primary_key
        ),
        parts=tuple(name if name in columns else None for name in mapping.key_columns),
        table=table_key_fields(index, by_attribute),
        indexes=tuple(
            _index(index_key_fields(form, by_attribute))
            for form in entity.indexes.values()
            if form.index and form.composites and all(key.field for key in form.keys)
        ),
        identifiers={name: {"S": text} for name, text in entity.identifiers.items()},
    )


def _index(fields: tuple[KeyField, ...]) -> Index:
    columns = (column for field in fields for column in field.columns)
    return Index(fields, tuple(dict.fromkeys(columns)))
