"""The source as verification reads it: whole tables page by page, and the ledger status of keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import orjson
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import TimedOut
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key
from crossfade.parity.comparison.verdicts import KeyStatus
from crossfade.postgres.keyset import keyset_page
from crossfade.postgres.mapped_sql import (
    SOURCE,
    body_digest,
    column_of,
    identifier,
    is_as_installed,
    is_same_row,
    key_expression,
    large_columns,
    plain_columns,
    primary_key_columns,
    table_name,
)
from crossfade.postgres.pool import session
from crossfade.postgres.queries import query
from crossfade.postgres.table_shape import reading

Values = Sequence[str | None]
REPLAY_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows of one page.

    Attributes:
        rows: plain columns in the mapping's order, then the digest of each large one.
        last_key: the primary key of the last row.
    """

    rows: Sequence[Values]
    last_key: Sequence[str]


class PostgresScan:
    """A reader of whole mapped tables, in the order of their primary keys.

    Args:
        pool: from `open_pool`, of the source or of a replica.
        mappings: the tables to read.
        source: the pool of the source, if `pool` is of a replica.
        replay_seconds: the time limit for the replica to replay the source's writes.
        rows_max: the highest number of rows of a page.
        answer_seconds: the time limit of one page.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        mappings: Iterable[Mapping],
        *,
        source: AsyncConnectionPool | None = None,
        replay_seconds: float = 60.0,
        rows_max: int = 1000,
        answer_seconds: float = 60.0,
    ) -> None:
        self._pool = pool
        self._source = source or pool
        self._replay_seconds = replay_seconds
        self._rows_max = rows_max
        self._answer_seconds = answer_seconds
        self._mappings = {mapping.name: mapping for mapping in mappings}

    async def catch_up(self) -> None:
        """Wait until the pages include every write that is committed now.

        Raises:
            TimedOut: the replica is more than `replay_seconds` behind.
            Unavailable: the source or the replica cannot answer.
        """
        if self._source is not self._pool:
            await wait_for_replay(self._source, self._pool, self._replay_seconds)

    async def pages(
        self, entity: str, after: Sequence[str] | None = None
    ) -> AsyncIterator[RowPage]:
        """Yield the rows after a primary key in pages, each of a snapshot of its own.

        Raises:
            SchemaChanged: the table has changed since it was installed.
            Unavailable: the source cannot answer.
        """
        mapping = self._mappings[entity]
        columns = plain_columns(mapping)
        positions = [columns.index(name) for name in mapping.primary_key]
        while True:
            rows = await self._page(mapping, after)
            if rows:
                after = [rows[-1][position] or "" for position in positions]
                yield RowPage(rows, after)
            if len(rows) < self._rows_max:
                return

    async def _page(self, mapping: Mapping, after: Sequence[str] | None) -> Sequence[Values]:
        statement = page_statement(mapping, has_last=after is not None)
        parameters = {"last_key": list(after or ()), "rows_max": self._rows_max}
        async with (
            session(self._pool, self._answer_seconds) as connection,
            reading(connection, mapping),
        ):
            return await (await connection.execute(statement, parameters)).fetchall()


class PostgresKeyStatuses:
    """A reader of the ledger status of keys, from the source itself, never from a replica.

    Args:
        pool: from `open_pool`, of the source.
        mappings: the tables of the keys.
        answer_seconds: the time limit of one call.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        mappings: Iterable[Mapping],
        answer_seconds: float = 30.0,
    ) -> None:
        self._pool = pool
        self._answer_seconds = answer_seconds
        self._mappings = {mapping.name: mapping for mapping in mappings}
        self._statements = {
            name: key_status_statement(mapping) for name, mapping in self._mappings.items()
        }

    async def read(self, keys: Sequence[Key]) -> Sequence[KeyStatus]:
        """Return the ledger status of each key, in the order of the keys.

        Raises:
            SchemaChanged: a table no longer exists.
            Unavailable: the source cannot answer.
        """
        by_entity: dict[str, list[int]] = {}
        for position, key in enumerate(keys):
            by_entity.setdefault(key.entity, []).append(position)
        found: dict[int, KeyStatus] = {}
        async with session(self._pool, self._answer_seconds) as connection:
            for entity, positions in by_entity.items():
                records = [{"ordinal": one, "key": keys[one].parts} for one in positions]
                async with reading(connection, self._mappings[entity]):
                    cursor = await connection.execute(
                        self._statements[entity], {"keys": orjson.dumps(records).decode()}
                    )
                found |= {int(row[0]): _key_status(row) async for row in cursor}
        return [found[position] for position in range(len(keys))]


async def wait_for_replay(
    source: AsyncConnectionPool, replica: AsyncConnectionPool, seconds: float
) -> None:
    """Wait until a replica has replayed every write that the source has committed now.

    Raises:
        TimedOut: the replica is more than `seconds` behind.
        Unavailable: one of them cannot answer.
    """
    async with session(source, seconds) as connection:
        (lsn,) = await (await connection.execute(query("written_lsn"))).fetchone() or ("0/0",)
    try:
        async with asyncio.timeout(seconds):
            while not await _has_replayed(replica, lsn, seconds):  # noqa: ASYNC110 - another process
                await asyncio.sleep(REPLAY_POLL_SECONDS)
    except TimeoutError:
        raise TimedOut(
            f"the replica is more than {seconds:g} s behind; verify without it, or wait for it"
        ) from None


def page_statement(mapping: Mapping, *, has_last: bool) -> sql.Composed:
    """Return the statement that reads one page of a table, see `keyset_page`."""
    values = [column_of(SOURCE, name) for name in plain_columns(mapping)]
    values += [body_digest(body.column) for body in large_columns(mapping)]
    return query("scan_page").format(
        values=sql.SQL(", ").join(values),
        page=keyset_page(mapping, has_last=has_last, conditions=[is_as_installed(mapping)]),
        primary_key=primary_key_columns(mapping),
    )


def key_status_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that reads the ledger status of keys."""
    return query("key_statuses").format(
        entity=sql.Literal(mapping.name),
        table=identifier(*table_name(mapping)),
        is_same_row=is_same_row(mapping),
        key=key_expression(mapping, SOURCE),
    )


async def _has_replayed(replica: AsyncConnectionPool, lsn: str, seconds: float) -> bool:
    async with session(replica, seconds) as connection:
        row = await (await connection.execute(query("has_replayed"), {"lsn": lsn})).fetchone()
    return row == ("t",)


def _key_status(row: Sequence[str | None]) -> KeyStatus:
    _, version, acked, dirty_seconds, parked_reason, is_past_capture = row
    return KeyStatus(
        version=int(version or 0),
        acked=int(acked or 0),
        dirty_seconds=None if dirty_seconds is None else float(dirty_seconds),
        parked_reason=parked_reason,
        is_past_capture=is_past_capture == "t",
    )
