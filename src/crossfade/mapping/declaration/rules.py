"""Validation of a declaration; each message names the mapping and the column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.columns import Body, Column, Rule
from crossfade.mapping.declaration.postgres_types import takes_rule
from crossfade.mapping.object_keys import is_prefix

VERSION_FIELD = "cf_v"
MAPPING_FIELD = "cf_m"
DELETED_FIELD = "cf_deleted"
ENTITY_FIELD = "__edb_e__"
MODEL_FIELD = "__edb_v__"

CONTROL_FIELDS = frozenset(
    {VERSION_FIELD, MAPPING_FIELD, DELETED_FIELD, ENTITY_FIELD, MODEL_FIELD, "pk", "sk"}
)

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Table:
    """The part of a mapping that does not concern the keys of items."""

    name: str
    table: str
    version: int
    primary_key: Sequence[str]
    columns: Sequence[Column]
    bodies: Sequence[Body]
    ignored: Sequence[str]


def fail(mapping: str, subject: str, rule: str) -> NoReturn:
    """Raise the error of a declaration.

    Args:
        mapping: the mapping's name.
        subject: the part of the declaration that breaks a rule.
        rule: the rule that it breaks, and the remedy.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError(f"mapping {mapping}: {subject}: {rule}")


def check_table(table: Table) -> None:
    """Check a mapping's names, columns and bodies.

    Raises:
        ConfigurationError: the first rule that is broken.
    """
    _check_names(table)
    _check_columns(table)
    _check_primary_key(table)
    for body in table.bodies:
        _check_body(table, body)
    _check_fields(table)


def _check_names(table: Table) -> None:
    if not _NAME.fullmatch(table.name):
        fail(table.name, "name", "needs lower-case letters, digits, '_' and '-' only")
    if not all(table.table.partition(".")):
        fail(
            table.name, f"table {table.table}", "must be schema-qualified, such as public.sessions"
        )
    if table.version < 1:
        fail(table.name, "version", "must be 1 or more")


def _check_columns(table: Table) -> None:
    moved = [body.column for body in table.bodies if not body.overflow_only]
    names = [column.name for column in table.columns] + moved + list(table.ignored)
    for name in _repeated(names):
        fail(
            table.name,
            f"column {name}",
            "is declared more than once; declare it as a column, a body or ignored, "
            "or as a column and a body with overflow_only",
        )
    for column in table.columns:
        if column.rule is not None and not takes_rule(column.type, column.rule):
            fail(table.name, f"column {column.name}", _rule_mismatch(column, column.rule))


def _rule_mismatch(column: Column, rule: Rule) -> str:
    return f"Rule.{rule.name} does not read {column.type}; leave the rule out or use Rule.TEXT"


def _check_primary_key(table: Table) -> None:
    names = {column.name for column in table.columns}
    if not table.primary_key:
        fail(table.name, "primary_key", "names no column; a table needs one to be captured")
    for name in _repeated(table.primary_key):
        fail(table.name, f"primary_key column {name}", "is named twice; name it once")
    for name in table.primary_key:
        if name not in names:
            fail(table.name, f"primary_key column {name}", "is not among the columns; declare it")


def _check_body(table: Table, body: Body) -> None:
    subject = f"body {body.column}"
    if not is_prefix(body.prefix):
        fail(table.name, subject, "its prefix needs letters, digits, '.', '_', '-' and '/' only")
    if not body.attribute:
        fail(table.name, subject, "needs an attribute for its object's key")
    if body.overflow_only and body.column not in {column.name for column in table.columns}:
        fail(
            table.name, subject, "has overflow_only, so the column must be declared as a column too"
        )


def _check_fields(table: Table) -> None:
    pointers = [body.attribute for body in table.bodies]
    for kind, names in (
        ("attribute", [column.attribute for column in table.columns] + pointers),
        ("field", [column.field for column in table.columns] + pointers),
        ("body", [body.column for body in table.bodies]),
    ):
        for name in _repeated(names):
            fail(table.name, f"{kind} {name}", "is declared twice; give one of them another name")
    fields = {column.field: f"column {column.name}" for column in table.columns}
    fields |= {body.attribute: f"body {body.column}" for body in table.bodies}
    for field in fields.keys() & CONTROL_FIELDS:
        fail(table.name, fields[field], f"its field {field} is reserved; give it another name")


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
