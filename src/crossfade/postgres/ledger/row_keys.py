"""What the ledger remembers of one row, under whatever keys it had."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
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
    """Return the ledger's row of each key that a row has or had; None for one it never marked.

    Args:
        pool: from `open_pool`.
        mapping: the row's.
        row: its primary key, in any form that PostgreSQL reads.
        answer_seconds: how long all statements may take.

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
        async for parts, told in await connection.execute(query("ledger_rows"), bounds):
            known[Key(row.entity, tuple(orjson.loads(parts)))] = orjson.loads(told)
        if printed is None:
            return known
        cursor = await connection.execute(statement, {"key": list(printed.primary_key)})
        async for (parts,) in cursor:
            known.setdefault(Key(row.entity, tuple(orjson.loads(parts))), None)
    return known


async def _printed(connection: PoolConnection, mapping: Mapping, row: Row) -> Row | None:
    """Return a row as the ledger writes its key; None if the table cannot have such a key."""
    try:
        cursor = await connection.execute(
            printed_key_statement(mapping), {"key": list(row.primary_key)}
        )
        rows = await cursor.fetchall()
    except (psycopg.DataError, psycopg.IntegrityError):
        return None
    return Row(row.entity, tuple(orjson.loads(rows[0][0])))


def row_bounds(row: Row) -> dict[str, Any]:
    """Return what every ledger key of a row lies between; see dirty_of.sql on why."""
    *head, last = row.primary_key
    return {
        "entity": row.entity,
        "lowest": list(row.primary_key),
        "above": [*head, f"{last}\x01"],
    }
