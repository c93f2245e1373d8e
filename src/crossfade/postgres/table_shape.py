"""Tables as the catalog describes them, and whether they have changed since the installation.

No row of a changed table is read as if the table had not changed: every statement that reads rows
checks `is_as_installed` in its own snapshot, and is refused if the condition is false.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

import psycopg
from psycopg import sql

from crossfade.errors import SchemaChanged
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres.catalog import CatalogColumn, CatalogTable, mismatches
from crossfade.postgres.errors import translate, translated
from crossfade.postgres.mapped_sql import table_name
from crossfade.postgres.queries import query

CHANGED = "CF001"
"""The SQLSTATE of `crossfade.is_as_installed`."""


@asynccontextmanager
async def reading(
    connection: psycopg.AsyncConnection[Any], mapping: Mapping
) -> AsyncIterator[None]:
    """Raise the differences of a table for a statement that was refused because it has changed.

    Raises:
        SchemaChanged: the table has changed; each difference on a line of its own.
    """
    try:
        yield
    except psycopg.errors.UndefinedTable:
        raise missing_table(mapping) from None
    except psycopg.Error as error:
        translation = translate(error)
        if error.sqlstate != CHANGED and not isinstance(translation, SchemaChanged):
            raise
        found = await differences(connection, [mapping])
        other = _other_declaration(mapping) if error.sqlstate == CHANGED else str(translation)
        raise SchemaChanged("\n".join(found) or other, mapping.name) from None


def missing_table(mapping: Mapping) -> SchemaChanged:
    """Return the error for a table that no longer exists."""
    return SchemaChanged(
        f"table {mapping.table} does not exist; uninstall its mapping, or restore it", mapping.name
    )


def _other_declaration(mapping: Mapping) -> str:
    return (
        f"mapping {mapping.name}: {mapping.table} has changed, or was installed under another "
        "declaration; run `crossfade install`, or start this process from the release that did"
    )


async def differences(
    connection: psycopg.AsyncConnection[Any], mappings: Sequence[Mapping]
) -> list[str]:
    """Return a sentence for each difference between mappings and their tables.

    Raises:
        Unavailable: the server cannot answer.
    """
    tables = await read_tables(connection, mappings)
    return [
        difference
        for mapping in mappings
        for difference in mismatches(mapping, tables[table_name(mapping)])
    ]


async def read_tables(
    connection: psycopg.AsyncConnection[Any], mappings: Sequence[Mapping]
) -> dict[tuple[str, str], CatalogTable]:
    """Return the mapped tables from the catalog, by schema and name.

    Raises:
        Unavailable: the server cannot answer.
    """
    names = [table_name(mapping) for mapping in mappings]
    statement = query("catalog").format(
        table_shape=query("table_shape").format(table=sql.SQL("class.oid"))
    )
    with translated():
        cursor = await connection.execute(
            statement,
            {"schemas": [schema for schema, _ in names], "tables": [table for _, table in names]},
        )
        rows = await cursor.fetchall()
    return {name: _table(list(group)) for name, group in groupby(rows, key=lambda row: row[:2])}


def _table(rows: Sequence[Sequence[Any]]) -> CatalogTable:
    _, _, kind, shape, has_children, *_ = rows[0]
    return CatalogTable(
        kind=kind,
        shape=shape,
        has_children=_is_true(has_children),
        columns=tuple(
            CatalogColumn(name, printed, _is_true(is_required), _is_true(is_in_primary_key))
            for *_, name, printed, is_required, is_in_primary_key in rows
            if name is not None
        ),
    )


def _is_true(value: object) -> bool:
    """Return a boolean column's value; the sessions of a pool load every type as text."""
    return value in {True, "t"}
