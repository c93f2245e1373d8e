"""Items in DynamoDB's JSON, read by a type generated for each mapping: JSON to texts in one step.

An item that does not match the type exactly, attribute by attribute, is left to the general reader.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

from crossfade.mapping.codec.decoders import ContentDecoder, content_decoder, decoder
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.rules import MAPPING_FIELD, VERSION_FIELD
from crossfade.mapping.declaration.shape_rules import key_field_names
from crossfade.parity.comparison.rows import RowForm, number_text


class _Text(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    S: str


class _Number(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    N: str


class _Boolean(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    BOOL: bool


class _Absent:
    """The value of an absent attribute: its content is None."""

    S = N = BOOL = None


_KINDS: dict[str, type] = {"S": _Text, "N": _Number, "BOOL": _Boolean}
_ABSENT = _Absent()

Found = list[str | None]


class ItemForm:
    """Reads the items of one mapping; reusable.

    Args:
        mapping: the declaration.
        rows: the form of its rows; items are read into the same texts.
    """

    def __init__(self, mapping: Mapping, rows: RowForm) -> None:
        required = {*key_field_names(mapping.entities[0]), VERSION_FIELD, MAPPING_FIELD}
        attributes = _attributes(mapping, rows)
        kinds = {VERSION_FIELD: "N", MAPPING_FIELD: "N"}
        kinds |= {name: kind for name, kind, _ in attributes}
        slots = {name: f"f{at}" for at, name in enumerate(kinds)}
        item = msgspec.defstruct(
            "Item",
            [
                _slot(slots[name], name, kind, is_required=name in required)
                for name, kind in kinds.items()
            ],
            forbid_unknown_fields=True,
            gc=False,
            kw_only=True,
        )
        self._decode = msgspec.json.Decoder(item).decode
        self._texts: Callable[[Any], tuple[Any, ...]] = attrgetter(
            *(f"{slots[name]}.{kind}" if kind else slots[name] for name, kind, _ in attributes)
        )
        self._decoders = tuple(
            (at, decode) for at, (_, _, decode) in enumerate(attributes) if decode is not None
        )

    def read(self, raw: bytes) -> Found:
        """Return an item's texts, in the order of `RowForm.read`.

        Raises:
            KeyError, TypeError, ValueError: the item is not exactly one that the mapping makes.
        """
        found = list(self._texts(self._decode(raw)))
        for at, decode in self._decoders:
            content = found[at]
            if content is not None:
                found[at] = decode(content)
        return found


def _slot(slot: str, name: str, kind: str, *, is_required: bool) -> tuple[str, Any, Any]:
    if is_required:
        return slot, _KINDS[kind], msgspec.field(name=name)
    if kind:
        return slot, _KINDS[kind], msgspec.field(name=name, default=_ABSENT)
    return slot, dict[str, Any], msgspec.field(name=name, default=None)


def _attributes(mapping: Mapping, rows: RowForm) -> list[tuple[str, str, ContentDecoder | None]]:
    """Return each field with its one type and its decoder; without a type it is read whole."""
    numeric = {
        key.field
        for entity in mapping.entities
        for index in entity.indexes.values()
        for key in index.keys
        if key.numeric
    }
    found: list[tuple[str, str, ContentDecoder | None]] = [
        (name, "N", number_text) if name in numeric else (name, "S", None) for name in rows.keyed
    ]
    for column in mapping.columns:
        kind, decode = content_decoder(column) or ("", decoder(column))
        found.append((column.field, kind, decode))
    found += [(body.attribute, "S", None) for body in mapping.bodies if not body.overflow_only]
    return found
