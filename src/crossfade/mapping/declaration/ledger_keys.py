"""The columns that identify a row in the ledger, so that ledger keys and items are one to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crossfade.mapping.declaration.columns import Column, Shape


@dataclass(frozen=True, slots=True)
class KeyCase:
    """One row of a `KeyPart`'s decision table.

    Attributes:
        present: the case applies if all these columns are non-NULL; always if there are none.
        used: whether the part is then the column's text; otherwise it is NULL.
    """

    present: tuple[str, ...]
    used: bool


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a ledger key, in a form from which both Python and SQL compute it.

    Without cases the part is the column's text. Otherwise the first case that applies decides, as
    in ``CASE WHEN a IS NOT NULL THEN NULL ELSE b::text END``; the last case always applies.

    Attributes:
        column: the column in PostgreSQL.
        type: its type as declared.
        cases: the decision table, from the shapes in order.
    """

    column: str
    type: str
    cases: tuple[KeyCase, ...] = ()

    @property
    def is_always_used(self) -> bool:
        """Return whether the part is the column's text in every row."""
        return not self.cases


def key_columns(primary_key: Sequence[str], composites: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the primary key's columns, then the shapes' other key columns as they appear."""
    others = (column for columns in composites for column in columns)
    return tuple(dict.fromkeys((*primary_key, *others)))


def key_parts(
    columns: Sequence[Column], primary_key: Sequence[str], shapes: Sequence[Shape]
) -> tuple[KeyPart, ...]:
    """Return the parts of a ledger key in order."""
    by_name = {column.name: column for column in columns}
    composites = shape_columns(columns, shapes)
    optional = {column.name for column in columns if not column.required} - set(primary_key)
    return tuple(
        KeyPart(name, by_name[name].type, _cases(name, composites, optional))
        for name in key_columns(primary_key, composites)
    )


def shape_columns(
    columns: Sequence[Column], shapes: Sequence[Shape]
) -> tuple[tuple[str, ...], ...]:
    """Return each shape's table-index composites as columns."""
    by_attribute = {column.attribute: column.name for column in columns}
    return tuple(tuple(by_attribute[name] for name in shape.table_composites()) for shape in shapes)


def _cases(
    column: str, composites: Sequence[Sequence[str]], optional: set[str]
) -> tuple[KeyCase, ...]:
    cases = tuple(
        KeyCase(tuple(name for name in columns if name in optional), column in columns)
        for columns in composites
    )
    return () if all(case.used for case in cases) else cases
