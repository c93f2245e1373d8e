"""Tables as the catalog has them, and whether they are still as they were installed.

No row of a table that has changed is read as if it had not: every statement that reads rows asks
`is_as_installed` in its own snapshot, and is refused when it does not hold.
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
    """Say how a table has changed when a statement is refused that reads its rows.

    Raises:
        SchemaChanged: it has; every difference on a line of its own.
    """
    try:
        yield
    except psycopg.errors.UndefinedTable:
        raise gone(mapping) from None
    except psycopg.Error as error:
        told = translate(error)
        if error.sqlstate != CHANGED and not isinstance(told, SchemaChanged):
            raise
        found = await differences(connection, [mapping])
        unseen = _unseen(mapping) if error.sqlstate == CHANGED else str(told)
        raise SchemaChanged("\n".join(found) or unseen, mapping.name) from None


def gone(mapping: Mapping) -> SchemaChanged:
    """Return what to raise for a table that is not there any more."""
    return SchemaChanged(
        f"table {mapping.table} does not exist; uninstall its mapping, or restore it", mapping.name
    )


def _unseen(mapping: Mapping) -> str:
    return (
        f"mapping {mapping.name}: {mapping.table} has changed, or was installed under another "
        "declaration; run `crossfade install`, or start this process with the release that did"
    )


async def differences(
    connection: psycopg.AsyncConnection[Any], mappings: Sequence[Mapping]
) -> list[str]:
    """Return a sentence for each way in which mappings and their tables differ.

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
    """Return what the catalog says of the mapped tables, by schema and name.

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
    return {name: _table(list(lines)) for name, lines in groupby(rows, key=lambda row: row[:2])}


def _table(lines: Sequence[Sequence[Any]]) -> CatalogTable:
    _, _, kind, shape, has_children, *_ = lines[0]
    return CatalogTable(
        kind=kind,
        shape=shape,
        has_children=_is_true(has_children),
        columns=tuple(
            CatalogColumn(name, printed, _is_true(is_required), _is_true(is_in_primary_key))
            for *_, name, printed, is_required, is_in_primary_key in lines
            if name is not None
        ),
    )


def _is_true(value: object) -> bool:
    """Read a boolean; the sessions of a pool load every type as text."""
    return value in {True, "t"}
