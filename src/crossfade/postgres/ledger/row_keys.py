"""The ledger's rows of one row of a table, under every key that it has or had."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key, Row
from crossfade.postgres.mapped_sql import (
    SOURCE,
    identifier,
    is_same_row,
    key_expression,
    printed_key_statement,
    table_name,
)
from crossfade.postgres.pool import PoolConnection, session
from crossfade.postgres.queries import query


async def ledger_rows(
    pool: AsyncConnectionPool, mapping: Mapping, row: Row, answer_seconds: float = 10.0
) -> MappingOf[Key, MappingOf[str, Any] | None]:
    """Return the ledger's row of each key that a row has or had; None for a key without one.

    Args:
        pool: from `open_pool`.
        mapping: the mapping of the row.
        row: its primary key, in any form that PostgreSQL reads.
        answer_seconds: the time limit of all statements together.

    Raises:
        Unavailable: the source cannot answer.
    """
    statement = query("key_of_row").format(
        key=key_expression(mapping, SOURCE),
        table=identifier(*table_name(mapping)),
        is_same_row=is_same_row(mapping),
    )
    known: dict[Key, MappingOf[str, Any] | None] = {}
    async with session(pool, answer_seconds) as connection:
        printed = await _printed(connection, mapping, row)
        bounds = row_bounds(printed or row)
        async for parts, record in await connection.execute(query("ledger_rows"), bounds):
            known[Key(row.entity, tuple(orjson.loads(parts)))] = orjson.loads(record)
        if printed is None:
            return known
        cursor = await connection.execute(statement, {"key": list(printed.primary_key)})
        async for (parts,) in cursor:
            known.setdefault(Key(row.entity, tuple(orjson.loads(parts))), None)
    return known


async def _printed(connection: PoolConnection, mapping: Mapping, row: Row) -> Row | None:
    """Return a row with its key as the ledger prints it; None if the table cannot have the key."""
    try:
        cursor = await connection.execute(
            printed_key_statement(mapping), {"key": list(row.primary_key)}
        )
        rows = await cursor.fetchall()
    except (psycopg.DataError, psycopg.IntegrityError):
        return None
    return Row(row.entity, tuple(orjson.loads(rows[0][0])))


def row_bounds(row: Row) -> dict[str, Any]:
    """Return the entity and the key bounds of a row, as parameters."""
    return {"entity": row.entity} | key_bounds(row.primary_key)


def key_bounds(primary_key: Sequence[str]) -> dict[str, list[str]]:
    """Return the bounds of a row's ledger keys: `lowest`, and `above`, which is not included.

    A ledger key begins with the row's primary key, and chr(1) is the smallest character of a text:
    the keys of a row are exactly those from its primary key up to, not including, its primary key
    with chr(1) appended to the last column.
    """
    *head, last = primary_key
    return {"lowest": list(primary_key), "above": [*head, f"{last}\x01"]}
