"""The source: rows and versions of keys, and single large columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson
import psycopg
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import ConfigurationError, Unmappable
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.object_keys import row_component
from crossfade.mapping.state import BodyRef, Deleted, Key, Live, State
from crossfade.postgres.mapped_sql import (
    body_statement,
    fetch_statement,
    large_columns,
    plain_columns,
)
from crossfade.postgres.pool import PoolConnection, session
from crossfade.postgres.queries import query
from crossfade.postgres.table_shape import reading

_FIXED_COLUMNS = 5
_COLUMNS_PER_BODY = 3


class PostgresSource:
    """The mapped tables as `ports.Source`.

    Args:
        pool: from `open_pool`.
        mappings: the tables to read.
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
        self._readers = {mapping.name: _Reader(mapping) for mapping in mappings}

    async def fetch(self, keys: Sequence[Key]) -> Sequence[State]:
        """Return the state of each key, in the order of the keys; one statement for each entity.

        Raises:
            ConfigurationError: the entity of a key has no mapping here.
            SchemaChanged: a table has changed since it was installed.
            Unavailable: the source cannot answer.
        """
        by_entity: dict[str, list[Key]] = {}
        for key in keys:
            by_entity.setdefault(key.entity, []).append(key)
        states: dict[Key, State] = {}
        async with session(self._pool, self._answer_seconds) as connection:
            for entity, own in by_entity.items():
                for state in await self._reader(entity).fetch(connection, own):
                    states[state.key] = state
        return [states[key] for key in keys]

    async def body(self, key: Key, column: str) -> str | None:
        """Return the present text of a large column, None without the row or a value.

        Raises:
            ConfigurationError: the entity or its large column has no mapping here.
            Unavailable: the source cannot answer.
        """
        async with session(self._pool, self._answer_seconds) as connection:
            return await self._reader(key.entity).body(connection, key, column)

    def _reader(self, entity: str) -> _Reader:
        try:
            return self._readers[entity]
        except KeyError:
            raise ConfigurationError(
                f"no mapping is named {entity}; pass it to the source, or uninstall it"
            ) from None


class _Reader:
    """A reader of one mapped table."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._columns = plain_columns(mapping)
        self._fetch = fetch_statement(mapping).as_bytes()
        self._bodies = {
            body.column: body_statement(mapping, body.column).as_bytes()
            for body in large_columns(mapping)
        }

    async def fetch(self, connection: PoolConnection, keys: Sequence[Key]) -> list[State]:
        """Return the states of keys. A key that no row can have does not fail the others."""
        try:
            async with reading(connection, self._mapping):
                cursor = await connection.execute(self._fetch, {"keys": self._records(keys)})
        except psycopg.DataError:
            if len(keys) == 1:
                return [await self._deleted(connection, keys[0])]
            middle = len(keys) // 2
            return await self.fetch(connection, keys[:middle]) + await self.fetch(
                connection, keys[middle:]
            )
        return [self._state(keys, row) async for row in cursor]

    async def body(self, connection: PoolConnection, key: Key, column: str) -> str | None:
        """Return the text of a large column, None without the row or a value."""
        statement = self._body_statement(column)
        try:
            cursor = await connection.execute(statement, {"key": list(key.parts)})
        except psycopg.DataError:
            return None
        row = await cursor.fetchone()
        return row[0] if row else None

    def _body_statement(self, column: str) -> bytes:
        try:
            return self._bodies[column]
        except KeyError:
            raise ConfigurationError(
                f"mapping {self._mapping.name}: column {column} is not declared as a body"
            ) from None

    def _records(self, keys: Sequence[Key]) -> str:
        return orjson.dumps(
            [
                {"ordinal": ordinal, "key": key.parts, "row_id": self._row_id(key)}
                for ordinal, key in enumerate(keys)
            ]
        ).decode()

    def _row_id(self, key: Key) -> str | None:
        """Return the row's part of its objects' names; None if it cannot have objects."""
        columns = len(self._mapping.primary_key)
        try:
            return row_component(tuple(part or "" for part in key.parts[:columns]))
        except Unmappable:
            return None

    async def _deleted(self, connection: PoolConnection, key: Key) -> Deleted:
        """Return the state of a key with a text that its column's type no longer accepts."""
        cursor = await connection.execute(
            query("version"), {"entity": key.entity, "key": list(key.parts)}
        )
        version, attempts, read_at = await cursor.fetchone() or ("0", "0", "0")
        return Deleted(key, int(version or 0), int(attempts or 0), float(read_at or 0))

    def _state(self, keys: Sequence[Key], row: Sequence[str | None]) -> State:
        ordinal, version, attempts, read_at = (text or "0" for text in row[:4])
        key = keys[int(ordinal)]
        if row[_FIXED_COLUMNS - 1] == "f":
            return Deleted(key, int(version), int(attempts), float(read_at))
        values = row[_FIXED_COLUMNS:]
        return Live(
            key=key,
            version=int(version),
            columns=dict(zip(self._columns, values, strict=False)),
            bodies=self._body_refs(values[len(self._columns) :]),
            attempts=int(attempts),
            read_at=float(read_at),
        )

    def _body_refs(self, values: Sequence[str | None]) -> tuple[BodyRef, ...]:
        triples = (
            values[start : start + _COLUMNS_PER_BODY]
            for start in range(0, len(values), _COLUMNS_PER_BODY)
        )
        return tuple(
            BodyRef(column, digest, int(size_bytes or 0), stored == "t")
            for column, (digest, size_bytes, stored) in zip(self._bodies, triples, strict=True)
            if digest is not None
        )
