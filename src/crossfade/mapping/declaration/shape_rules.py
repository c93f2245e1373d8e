"""Validation of shapes: every row has one item key, and no two rows have the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from crossfade.entity import Casing, Entity, IndexForm, KeyForm
from crossfade.mapping.declaration.columns import Column, Rule
from crossfade.mapping.declaration.postgres_types import (
    INTEGER_TYPES,
    plain_type,
    rule_of,
    scale_of,
)
from crossfade.mapping.declaration.rules import fail

_KEY_RULES = {
    Rule.TEXT,
    Rule.NUMBER,
    Rule.BOOLEAN,
    Rule.INSTANT,
    Rule.LOCAL_TIME,
    Rule.BYTES,
}

# Texts of these types never differ by letter case alone.
_CASELESS_TYPES = INTEGER_TYPES | {
    "uuid",
    "boolean",
    "numeric",
    "date",
    "timestamp with time zone",
    "timestamp without time zone",
}

# Types that print equal values in different ways, so that a row would have several keys.
_AMBIGUOUS_TYPES = {"real", "double precision", "interval", "time with time zone"}


@dataclass(frozen=True, slots=True)
class KeyDeclaration:
    """The part of a mapping that determines the keys of items.

    Attributes:
        name: the mapping's name.
        primary_key: the primary key's columns.
        columns: the columns by attribute.
        entities: the ElectroDB entities, one per shape.
    """

    name: str
    primary_key: Sequence[str]
    columns: Mapping[str, Column]
    entities: Sequence[Entity]


def table_index(entity: Entity) -> IndexForm:
    """Return the access pattern of the table itself."""
    return next(form for form in entity.indexes.values() if not form.index)


def key_field_names(entity: Entity) -> tuple[str, ...]:
    """Return the fields of the table's key, partition key first."""
    return tuple(key.field for key in table_index(entity).keys)


def check_shapes(declared: KeyDeclaration) -> None:
    """Check a mapping's shapes.

    Raises:
        ConfigurationError: a shape breaks a rule; the message names the first.
    """
    for number, entity in enumerate(declared.entities, 1):
        _check_composites(declared, entity, f"shape {number} ({entity.schema.entity})")
        _check_table_key(declared, entity, f"shape {number} ({entity.schema.entity})")
    _check_order(declared)
    if len({key_field_names(entity) for entity in declared.entities}) > 1:
        fail(declared.name, "shapes", "must all have the same key fields, those of the table")
    for (one, first), (other, second) in combinations(enumerate(declared.entities, 1), 2):
        if not are_disjoint(first, second):
            fail(
                declared.name,
                f"shapes {one} and {other}",
                "may give two rows the same key; begin or end their keys with different literals",
            )


def _check_composites(declared: KeyDeclaration, entity: Entity, subject: str) -> None:
    fields = {column.field: column.name for column in declared.columns.values()}
    for index in entity.indexes.values():
        for key in index.keys:
            if key.field in fields:
                fail(
                    declared.name,
                    f"column {fields[key.field]}",
                    f"its field {key.field} is a key field; give it another name",
                )
        for attribute in index.composites:
            column = declared.columns.get(attribute)
            if column is None:
                fail(
                    declared.name,
                    f"{subject}: {attribute}",
                    "is a body, which cannot be part of a key; use a column",
                )
            if rule_of(column) not in _KEY_RULES or _is_inexact(column):
                fail(
                    declared.name,
                    f"{subject}: column {column.name}",
                    f"{column.type} under Rule.{rule_of(column).name} cannot be part of a key; "
                    "use text, uuid, integers, booleans or timestamps",
                )


def _is_inexact(column: Column) -> bool:
    return rule_of(column) is Rule.NUMBER and plain_type(column.type) not in INTEGER_TYPES


def _check_table_key(declared: KeyDeclaration, entity: Entity, subject: str) -> None:
    index = table_index(entity)
    used = {declared.columns[attribute].name for attribute in index.composites}
    for name in declared.primary_key:
        if name not in used:
            fail(
                declared.name,
                f"{subject}: primary key column {name}",
                "is not in the table's key, so two rows could have the same item; add it",
            )
    for key in index.keys:
        _check_key_form(declared, key, subject)


def _check_key_form(declared: KeyDeclaration, key: KeyForm, subject: str) -> None:
    named = [part for part in key.parts if part.name]
    if any(not part.literal for part in named[1:]):
        fail(declared.name, f"{subject}: {key.field}", "needs a literal between its columns")
    for part in named:
        column = declared.columns[part.name]
        plain = plain_type(column.type)
        if key.casing is not Casing.NONE and plain not in _CASELESS_TYPES:
            fail(
                declared.name,
                f"{subject}: column {column.name}",
                f'{key.field} changes its letter case; declare casing "none"',
            )
        if plain in _AMBIGUOUS_TYPES or (plain == "numeric" and scale_of(column.type) is None):
            fail(
                declared.name,
                f"{subject}: column {column.name}",
                f"{column.type} prints equal values differently, so a row would have two keys; "
                "use other columns in the key",
            )


def _check_order(declared: KeyDeclaration) -> None:
    used = [_table_columns(declared, entity) for entity in declared.entities]
    for later in range(1, len(used)):
        for earlier in range(later):
            if set(used[earlier]) <= set(used[later]):
                fail(
                    declared.name,
                    f"shape {later + 1}",
                    f"is never used, since shape {earlier + 1} applies to all of its rows; "
                    "change their order",
                )
    required = {c.name for c in declared.columns.values() if c.required} | set(declared.primary_key)
    for name in used[-1]:
        if name not in required:
            fail(
                declared.name,
                f"column {name}",
                "may be NULL, so some rows would have no key; add a last shape without it, "
                "or declare the column as required",
            )


def _table_columns(declared: KeyDeclaration, entity: Entity) -> tuple[str, ...]:
    return tuple(declared.columns[name].name for name in table_index(entity).composites)


def are_disjoint(one: Entity, other: Entity) -> bool:
    """Return whether the literals of two entities' table keys exclude a common key."""
    pairs = zip(table_index(one).keys, table_index(other).keys, strict=False)
    return any(_differ(first, second) for first, second in pairs)


def _differ(one: KeyForm, other: KeyForm) -> bool:
    (head, tail), (other_head, other_tail) = _ends(one), _ends(other)
    same_head = head.startswith(other_head) or other_head.startswith(head)
    same_tail = tail.endswith(other_tail) or other_tail.endswith(tail)
    return not (same_head and same_tail)


def _ends(form: KeyForm) -> tuple[str, str]:
    """Return the literals at both ends of a key; the whole key twice if it has no column."""
    last = "".join(part.literal for part in form.parts if not part.name) + form.postfix
    first = next((part.literal for part in form.parts if part.name), None)
    head = form.prefix + (last if first is None else first)
    tail = head if first is None else last
    return (head, tail) if form.casing is Casing.NONE else (head.lower(), tail.lower())
