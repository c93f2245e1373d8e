"""Tombstones: ledger keys of deleted rows, and when a sweep first saw them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import LiteralString

import orjson
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key, TombstoneRecord
from crossfade.postgres.mapped_sql import (
    SOURCE,
    identifier,
    is_same_row,
    key_expression,
    table_name,
)
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


class PostgresTombstones:
    """Keys of deleted rows, as `ports.Tombstones`.

    Args:
        pool: from `open_pool`.
        mappings: the mappings of the keys.
        answer_seconds: the time limit of one call.
    """

    def __init__(
        self, pool: AsyncConnectionPool, mappings: Iterable[Mapping], answer_seconds: float = 30.0
    ) -> None:
        self._runner = StatementRunner(pool, answer_seconds)
        self._pages = {
            mapping.name: query("tombstones_page").format(
                entity=sql.Literal(mapping.name),
                table=identifier(*table_name(mapping)),
                is_same_row=is_same_row(mapping, sql.SQL("known.key")),
                key=key_expression(mapping, SOURCE),
            )
            for mapping in mappings
        }

    async def page(
        self, entity: str, after: Key | None, keys_max: int
    ) -> Sequence[TombstoneRecord]:
        """Return clean keys of an entity's deleted rows, in order, after one of them.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"after": None if after is None else list(after.parts), "keys_max": keys_max}
        rows = await self._runner.rows(self._pages[entity], parameters)
        return [
            TombstoneRecord(
                Key(entity, tuple(orjson.loads(parts))),
                int(version),
                None if seconds is None else float(seconds),
                is_drained == "t",
            )
            for parts, version, seconds, is_drained in rows
        ]

    async def note(self, tombstones: Sequence[TombstoneRecord]) -> None:
        """Record when tombstones were first seen; existing records are kept.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("tombstones_note", tombstones)

    async def close(self, tombstones: Sequence[TombstoneRecord]) -> None:
        """Record that tombstones were removed from the target.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("tombstones_close", tombstones)

    async def _execute(self, name: LiteralString, tombstones: Sequence[TombstoneRecord]) -> None:
        records = [
            {"entity": one.key.entity, "key": one.key.parts, "version": one.version}
            for one in tombstones
        ]
        await self._runner.count(query(name), {"tombstones": orjson.dumps(records).decode()})
