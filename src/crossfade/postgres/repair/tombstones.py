"""Tombstones in the ledger: keys whose row is gone, and since when a sweep has known them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import LiteralString

import orjson
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key, TombstoneRecord
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.mapped_sql import (
    SOURCE,
    identifier,
    is_same_row,
    key_expression,
    table_name,
)
from crossfade.postgres.queries import query


class PostgresTombstones:
    """Satisfies `ports.Tombstones`.

    Args:
        pool: from `open_pool`.
        mappings: the declarations.
        answer_seconds: how long one call may take.
    """

    def __init__(
        self, pool: AsyncConnectionPool, mappings: Iterable[Mapping], answer_seconds: float = 30.0
    ) -> None:
        self._runner = StatementRunner(pool, answer_seconds)
        self._pages = {
            mapping.name: query("tombstones_page").format(
                entity=sql.Literal(mapping.name),
                table=identifier(*table_name(mapping)),
                is_same_row=is_same_row(mapping),
                key=key_expression(mapping, SOURCE),
            )
            for mapping in mappings
        }

    async def page(
        self, entity: str, after: Key | None, keys_max: int
    ) -> Sequence[TombstoneRecord]:
        """Return clean keys of an entity whose row is gone, in order, after one of them.

        Raises:
            Unavailable: the source cannot answer.
        """
        chosen = {"after": None if after is None else list(after.parts), "keys_max": keys_max}
        rows = await self._runner.rows(self._pages[entity], chosen)
        return [
            TombstoneRecord(
                Key(entity, tuple(orjson.loads(parts))),
                int(version),
                None if seconds is None else float(seconds),
                is_drained == "t",
            )
            for parts, version, seconds, is_drained in rows
        ]

    async def note(self, graves: Sequence[TombstoneRecord]) -> None:
        """Remember when these were first seen; those known already stay as they are.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._tell("tombstones_note", graves)

    async def close(self, graves: Sequence[TombstoneRecord]) -> None:
        """Record that the target holds nothing for these any more.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._tell("tombstones_close", graves)

    async def _tell(self, name: LiteralString, graves: Sequence[TombstoneRecord]) -> None:
        told = [
            {"entity": grave.key.entity, "key": grave.key.parts, "version": grave.version}
            for grave in graves
        ]
        await self._runner.count(query(name), {"graves": orjson.dumps(told).decode()})
