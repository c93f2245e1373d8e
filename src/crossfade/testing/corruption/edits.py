"""Corruption of one item's attributes: pure functions from an item to a damaged one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingOf
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import Any

from crossfade.mapping.declaration.columns import Column
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.testing.corruption.kinds import Corruption, StoredItem

Value = MappingOf[str, Any]
Edit = Callable[[Mapping, StoredItem, Random], StoredItem | None]
"""Returns the damaged item; None if this item cannot be damaged in this way."""

VERSION = "cf_v"
TEXT_TYPES = ("text", "character varying")
VERSIONS_AHEAD = 7
_HOMOGLYPHS = MappingProxyType(
    str.maketrans(
        {
            "a": "\N{CYRILLIC SMALL LETTER A}",
            "c": "\N{CYRILLIC SMALL LETTER ES}",
            "e": "\N{CYRILLIC SMALL LETTER IE}",
            "i": "\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}",
            "o": "\N{CYRILLIC SMALL LETTER O}",
            "p": "\N{CYRILLIC SMALL LETTER ER}",
        }
    )
)


def changed_string(value: Value) -> Value | None:
    """Append a character to a string."""
    return {"S": value["S"] + "~"} if "S" in value else None


def changed_number(value: Value) -> Value | None:
    """Add one to a number."""
    return {"N": str(Decimal(value["N"]) + 1)} if "N" in value else None


def changed_boolean(value: Value) -> Value | None:
    """Negate a boolean."""
    return {"BOOL": not value["BOOL"]} if "BOOL" in value else None


def changed_type(value: Value) -> Value | None:
    """Store a number or a boolean as a string."""
    if "BOOL" in value:
        return {"S": str(value["BOOL"]).lower()}
    return {"S": value["N"]} if "N" in value else None


def trailing_zero_lost(value: Value) -> Value | None:
    """Remove the last zero of a decimal fraction."""
    text = value.get("S", "")
    return {"S": text[:-1]} if re.fullmatch(r"-?\d+\.\d*0", text) else None


def microseconds_lost(value: Value) -> Value | None:
    """Set the fraction of a second to zero."""
    text = value.get("S", "")
    shortened = re.sub(r"(?<=:\d\d)\.\d{6}", ".000000", text)
    return {"S": shortened} if shortened != text else None


def list_order(value: Value) -> Value | None:
    """Reverse a list."""
    backwards = list(reversed(value.get("L", [])))
    return {"L": backwards} if backwards != value.get("L", []) else None


def list_duplicate(value: Value) -> Value | None:
    """Repeat the first element of a list."""
    elements = value.get("L")
    return {"L": [elements[0], *elements]} if elements else None


def homoglyph(value: Value) -> Value | None:
    """Replace Latin letters by Cyrillic homoglyphs."""
    text = value.get("S", "")
    replaced = text.translate(_HOMOGLYPHS)
    return {"S": replaced} if replaced != text else None


def _text_or_number(value: Value) -> Value | None:
    return changed_string(value) or changed_number(value)


def _one_attribute(change: Callable[[Value], Value | None], types: tuple[str, ...] = ()) -> Edit:
    """Return an edit of one attribute, chosen at random among those that `change` can damage."""

    def edit(mapping: Mapping, item: StoredItem, random: Random) -> StoredItem | None:
        damaged = {
            column.field: value
            for column in editable(mapping)
            if column.field in item
            and column.type.startswith(types or "")
            and (value := change(item[column.field])) is not None
        }
        if not damaged:
            return None
        field = random.choice(sorted(damaged))
        return {**item, field: damaged[field]}

    return edit


def _null_mixed_up(mapping: Mapping, item: StoredItem, random: Random) -> StoredItem | None:
    """Write NULL where an attribute is absent."""
    stored_apart = {body.column for body in mapping.bodies if body.attribute in item}
    absent = [
        column.field
        for column in editable(mapping)
        if column.field not in item and column.name not in stored_apart
    ]
    return {**item, random.choice(absent): {"NULL": True}} if absent else None


def _wrong_index_key(mapping: Mapping, item: StoredItem, random: Random) -> StoredItem | None:
    fields = sorted(set(_index_fields(mapping)) & item.keys())
    if not fields:
        return None
    field = random.choice(fields)
    return {**item, field: {"S": item[field]["S"] + "~"}}


def _wrong_identifiers(mapping: Mapping, item: StoredItem, random: Random) -> StoredItem | None:
    del mapping
    field = random.choice(("__edb_e__", "__edb_v__"))
    return {**item, field: {"S": item[field]["S"] + "~"}} if field in item else None


def _shifted(versions: int) -> Edit:
    """Return an edit that changes the content, and raises the version by `versions`."""
    content = _one_attribute(_text_or_number, TEXT_TYPES)

    def edit(mapping: Mapping, item: StoredItem, random: Random) -> StoredItem | None:
        damaged = content(mapping, item, random)
        version = int(item[VERSION]["N"]) + versions
        return None if damaged is None or version < 0 else {**damaged, VERSION: {"N": str(version)}}

    return edit


EDITS: MappingOf[Corruption, Edit] = MappingProxyType(
    {
        Corruption.STALE_ITEM: _shifted(-1),
        Corruption.HIGHER_VERSION: _shifted(VERSIONS_AHEAD),
        Corruption.CHANGED_STRING: _one_attribute(changed_string, TEXT_TYPES),
        Corruption.CHANGED_NUMBER: _one_attribute(changed_number),
        Corruption.CHANGED_BOOLEAN: _one_attribute(changed_boolean),
        Corruption.CHANGED_TYPE: _one_attribute(changed_type),
        Corruption.TRAILING_ZERO_LOST: _one_attribute(trailing_zero_lost, ("numeric",)),
        Corruption.MICROSECONDS_LOST: _one_attribute(microseconds_lost, ("timestamp",)),
        Corruption.NULL_MIXED_UP: _null_mixed_up,
        Corruption.LIST_ORDER: _one_attribute(list_order),
        Corruption.LIST_DUPLICATE: _one_attribute(list_duplicate),
        Corruption.WRONG_INDEX_KEY: _wrong_index_key,
        Corruption.WRONG_IDENTIFIERS: _wrong_identifiers,
        Corruption.HOMOGLYPH: _one_attribute(homoglyph, TEXT_TYPES),
    }
)
"""The corruptions that damage the attributes of one item."""


def editable(mapping: Mapping) -> list[Column]:
    """Return the columns that are not part of the ledger key."""
    return [column for column in mapping.columns if column.name not in mapping.key_columns]


def _index_fields(mapping: Mapping) -> Iterator[str]:
    for shape in mapping.shapes:
        for index in shape.indexes.values():
            if "index" in index:
                yield from (index[side]["field"] for side in ("pk", "sk") if side in index)
