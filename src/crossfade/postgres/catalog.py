"""Differences between a declared table and the catalog. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crossfade.mapping.declaration.mapping import Mapping

_TABLE_KINDS = frozenset({"r", "p"})
_BODY_TYPES = ("text", "character varying", "json", "jsonb", "citext", "xml")


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column of the catalog.

    Attributes:
        name: its name.
        type: its type, as `format_type` prints it.
        is_required: whether it is NOT NULL.
        is_in_primary_key: whether it is part of the primary key.
    """

    name: str
    type: str
    is_required: bool
    is_in_primary_key: bool


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table of the catalog.

    Attributes:
        kind: `pg_class.relkind`; None if there is no such table.
        shape: a digest of its columns and its primary key; None if it has no columns.
        has_children: whether other tables inherit from it; partitions do not count.
        columns: its columns, in their order.
    """

    kind: str | None
    shape: str | None = None
    has_children: bool = False
    columns: tuple[CatalogColumn, ...] = ()


def mismatches(mapping: Mapping, table: CatalogTable) -> list[str]:
    """Return a sentence for each difference between a mapping and its table."""
    place = f"mapping {mapping.name}: {mapping.table}"
    if table.kind is None:
        return [f"{place} does not exist; create it, or correct the mapping's table"]
    if table.kind not in _TABLE_KINDS:
        return [f"{place} is a view or a foreign table; map the table with the rows"]
    return [f"{place}{rest}" for rest in _differences(mapping, table)]


def _differences(mapping: Mapping, table: CatalogTable) -> Iterator[str]:
    columns = {column.name: column for column in table.columns}
    if table.has_children:
        yield " has tables that inherit from it; map each table"
    yield from _primary_key_differences(mapping, table.columns)
    for declared in mapping.columns:
        yield from _column_differences(declared.name, declared.type, columns.get(declared.name))
        found = columns.get(declared.name)
        if found and declared.required and not found.is_required:
            yield f".{declared.name} allows NULL; declare it without required"
    for body in mapping.bodies:
        found = columns.get(body.column)
        if found is None:
            yield f".{body.column} does not exist; remove the body from the mapping"
        elif not found.type.startswith(_BODY_TYPES) or found.type.endswith("[]"):
            yield f".{body.column} is of type {found.type}; a body is of a text or json type"
    for name in _unmapped(mapping, columns):
        yield f".{name} is not in the mapping; declare it, or list it in ignored"


def _primary_key_differences(mapping: Mapping, columns: Sequence[CatalogColumn]) -> Iterator[str]:
    found = [column.name for column in columns if column.is_in_primary_key]
    if not found:
        yield " has no primary key; add one, it identifies the rows"
    elif set(found) != set(mapping.primary_key):
        yield (
            f" has the primary key ({', '.join(found)}), the mapping says "
            f"({', '.join(mapping.primary_key)})"
        )


def _column_differences(name: str, type_name: str, found: CatalogColumn | None) -> Iterator[str]:
    if found is None:
        yield f".{name} does not exist; remove it from the mapping"
    elif found.type != type_name:
        yield f".{name} is of type {found.type}, the mapping says {type_name}"


def _unmapped(mapping: Mapping, names: Iterable[str]) -> list[str]:
    mapped = {column.name for column in mapping.columns}
    mapped |= {body.column for body in mapping.bodies} | set(mapping.ignored)
    return [name for name in names if name not in mapped]
