"""The tables before the installation: rows, constraints, and values that cannot be migrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.backfill.windows import Page, Window
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres.backfill.pages import Pages
from crossfade.postgres.mapped_sql import SOURCE, column_of, identifier, table_literal, table_name
from crossfade.postgres.pool import PoolConnection, connect, session
from crossfade.postgres.queries import query
from crossfade.postgres.table_shape import differences

PARENT = sql.SQL("parent")


@dataclass(frozen=True, slots=True)
class Rules:
    """Properties of a table that its items do not have.

    Attributes:
        vanishing: constraints that the target does not enforce, each with its name.
        orphans: each foreign key that was never validated, with the number of rows that reference
            no row.
        spellings: each key column with a type or collation that compares different texts as equal,
            with the number of values that have several spellings; they become different keys.
    """

    vanishing: tuple[str, ...]
    orphans: tuple[tuple[str, int], ...]
    spellings: tuple[tuple[str, int], ...]


async def table_differences(dsn: str, mappings: Sequence[Mapping]) -> list[str]:
    """Return a sentence for each difference between mappings and their tables.

    Raises:
        Unavailable: the server cannot be reached, or refuses.
    """
    async with connect(dsn) as connection:
        return await differences(connection, mappings)


class PostgresCensus:
    """A reader of mapped tables that needs no ledger.

    Args:
        pool: from `open_pool`.
        mappings: the tables.
        answer_seconds: the time limit of one call.
    """

    def __init__(
        self, pool: AsyncConnectionPool, mappings: Sequence[Mapping], answer_seconds: float = 3600.0
    ) -> None:
        self._pool = pool
        self._pages = {mapping.name: Pages(mapping, with_ledger=False) for mapping in mappings}
        self._answer_seconds = answer_seconds

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`, from one snapshot.

        Raises:
            SchemaChanged: the table does not have the mapped columns.
            Unavailable: the source cannot answer.
        """
        async with session(self._pool, self._answer_seconds) as connection:
            return await self._pages[window.entity].page(connection, window, rows_max)

    async def rules(self, mapping: Mapping) -> Rules:
        """Return properties of a table that its items do not have; may read whole columns.

        Raises:
            Unavailable: the source cannot answer.
        """
        async with session(self._pool, self._answer_seconds) as connection:
            table = table_literal(mapping)
            vanishing = await _rows(connection, query("census_rules").format(table=table))
            return Rules(
                vanishing=tuple(f"{name}: {text}" for name, text in vanishing),
                orphans=await _orphans(connection, mapping),
                spellings=await _spellings(connection, mapping),
            )


async def _orphans(connection: PoolConnection, mapping: Mapping) -> tuple[tuple[str, int], ...]:
    statement = query("census_unvalidated").format(table=table_literal(mapping))
    found = []
    for name, schema, parent, columns, parent_columns in await _rows(connection, statement):
        pairs = list(zip(orjson.loads(columns), orjson.loads(parent_columns), strict=True))
        orphans = query("census_orphans").format(
            table=identifier(*table_name(mapping)),
            parent=identifier(schema, parent),
            is_given=sql.SQL(" AND ").join(
                sql.SQL("{} IS NOT NULL").format(column_of(SOURCE, column)) for column, _ in pairs
            ),
            is_parent=sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(column_of(PARENT, key), column_of(SOURCE, column))
                for column, key in pairs
            ),
        )
        found.append((name, await _count(connection, orphans)))
    return tuple((name, count) for name, count in found if count)


async def _spellings(connection: PoolConnection, mapping: Mapping) -> tuple[tuple[str, int], ...]:
    statement = query("census_nondeterministic").format(table=table_literal(mapping))
    cursor = await connection.execute(statement, {"columns": list(mapping.key_columns)})
    found = []
    for (column,) in await cursor.fetchall():
        spellings = query("census_spellings").format(
            table=identifier(*table_name(mapping)), column=identifier(column)
        )
        found.append((column, await _count(connection, spellings)))
    return tuple((column, count) for column, count in found if count)


async def _rows(connection: PoolConnection, statement: sql.Composed) -> list[tuple[str, ...]]:
    return await (await connection.execute(statement, ())).fetchall()


async def _count(connection: PoolConnection, statement: sql.Composed) -> int:
    ((count,),) = await _rows(connection, statement)
    return int(count)
