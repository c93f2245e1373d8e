"""A row as the texts that its item must agree with: its keys, its columns, its objects' names."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import Any

from crossfade.mapping.codec.canonical import canonicalizers
from crossfade.mapping.codec.shapes import Item, shape_plans
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.shape_rules import key_field_names
from crossfade.mapping.object_keys import row_component

Values = Sequence[str | None]


class RowForm:
    """Reads the rows of one mapping; pure and reusable.

    Attributes:
        keyed: the fields that a row's keys and identifiers fill, the table's key first.
        columns: the mapping's columns, in order.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._shapes = shape_plans(mapping)
        self.columns = tuple(column.name for column in mapping.columns)
        self.keyed = self._keyed(key_field_names(mapping.entities[0]))
        places = {name: at for at, name in enumerate(self.columns)}
        self._key_columns = tuple((name, places[name]) for name in self._used(mapping))
        self._canonical = tuple(
            (len(self.keyed) + places[name], canonicalize)
            for name, canonicalize in canonicalizers(mapping.columns)
            if canonicalize is not str
        )
        self._primary_key = tuple(places[name] for name in mapping.primary_key)
        first = len(self.keyed) + len(self.columns)
        bodies = [body for body in mapping.bodies if not body.overflow_only]
        self._objects = tuple((at, body.prefix) for at, body in enumerate(bodies, first))

    def read(self, row: Values) -> tuple[tuple[str | None, ...], list[str | None]]:
        """Return the parts of a row's ledger key, and what its item must say.

        Args:
            row: the mapping's columns in order, then the digest of each large one.

        Returns:
            The parts; and the texts of the `keyed` fields, of the columns and of the objects' keys,
            in canonical form.

        Raises:
            Unmappable: the row has no item's key, or a text is not of its column's type.
        """
        texts = {name: row[at] for name, at in self._key_columns}
        shapes = iter(self._shapes)
        shape = next(shapes)
        while not shape.applies(texts):
            shape = next(shapes)
        keys = shape.keys(texts)
        told = [_text_at(keys, name) for name in self.keyed]
        told += row
        for at, canonicalize in self._canonical:
            text = told[at]
            if text is not None:
                told[at] = canonicalize(text)
        for at, prefix in self._objects:
            digest = told[at]
            if digest is not None:
                component = row_component(tuple([row[one] or "" for one in self._primary_key]))
                told[at] = f"{prefix}/{component}/{digest}"
        return shape.ledger_parts(texts), told

    def _keyed(self, key_fields: tuple[str, ...]) -> tuple[str, ...]:
        names = dict.fromkeys(key_fields)
        for shape in self._shapes:
            names |= dict.fromkeys(shape.identifiers)
            names |= {field.name: None for index in shape.indexes for field in index.fields}
        return tuple(names)

    def _used(self, mapping: Mapping) -> tuple[str, ...]:
        """Return the columns that decide a row's keys."""
        names = dict.fromkeys((*mapping.primary_key, *mapping.key_columns))
        for shape in self._shapes:
            names |= dict.fromkeys(shape.present)
            names |= {name: None for field in shape.table for name in field.columns}
            names |= {name: None for index in shape.indexes for name in index.columns}
        return tuple(names)


def _text_at(keys: Item, name: str) -> str | None:
    value = keys.get(name)
    if value is None:
        return None
    return value["S"] if "S" in value else number_text(value["N"])


def key_text(value: MappingOf[str, Any]) -> str:
    """Return the text of a key."""
    text = value.get("S")
    return text if isinstance(text, str) else number_text(value["N"])


def number_text(digits: str) -> str:
    """Return the text of a numeric key, told apart from a text's."""
    return f"N\0{digits}"
