"""The texts of a row on which its item must agree: its keys, its columns, its object keys. Pure."""

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
    """Reads the rows of one mapping; reusable.

    Attributes:
        keyed: the fields of a row's keys and identifiers, the table key first.
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
        """Return the parts of a row's ledger key, and the texts on which its item must agree.

        Args:
            row: the mapping's columns in order, then the digest of each large column.

        Returns:
            The parts; and in canonical form the texts of the `keyed` fields, of the columns and of
            the object keys.

        Raises:
            Unmappable: the row has no item key, or a text is not of its column's type.
        """
        texts = {name: row[at] for name, at in self._key_columns}
        shapes = iter(self._shapes)
        shape = next(shapes)
        while not shape.applies(texts):
            shape = next(shapes)
        keys = shape.keys(texts)
        agreed = [_text_at(keys, name) for name in self.keyed]
        agreed += row
        for at, canonicalize in self._canonical:
            text = agreed[at]
            if text is not None:
                agreed[at] = canonicalize(text)
        for at, prefix in self._objects:
            digest = agreed[at]
            if digest is not None:
                component = row_component(tuple([row[one] or "" for one in self._primary_key]))
                agreed[at] = f"{prefix}/{component}/{digest}"
        return shape.ledger_parts(texts), agreed

    def _keyed(self, key_fields: tuple[str, ...]) -> tuple[str, ...]:
        names = dict.fromkeys(key_fields)
        for shape in self._shapes:
            names |= dict.fromkeys(shape.identifiers)
            names |= {field.name: None for index in shape.indexes for field in index.fields}
        return tuple(names)

    def _used(self, mapping: Mapping) -> tuple[str, ...]:
        """Return the columns that determine a row's keys."""
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
    """Return the text of a numeric key, distinct from that of a text key."""
    return f"N\0{digits}"
