"""Single statements on connections of the pool: how most of this package queries the source."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.postgres.pool import PoolConnection, session

T = TypeVar("T")

ANSWER_SECONDS = 10.0
"""The time limit of a query of the ledger's schema."""


@dataclass(frozen=True, slots=True)
class StatementRunner:
    """A runner of statements, each in a transaction of its own.

    Attributes:
        pool: from `open_pool`.
        seconds_max: the time limit of one call.
    """

    pool: AsyncConnectionPool
    seconds_max: float = ANSWER_SECONDS

    def session(self) -> AbstractAsyncContextManager[PoolConnection]:
        """Return a connection for a call of several statements; raises what `session` does."""
        return session(self.pool, self.seconds_max)

    async def rows(
        self, statement: sql.SQL | sql.Composed, values: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return a statement's rows; none for one that returns nothing.

        Raises:
            Unavailable: the source cannot answer.
        """
        async with self.session() as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    async def count(
        self, statement: sql.SQL | sql.Composed, values: Mapping[str, Any] | None = None
    ) -> int:
        """Return the number of rows that a statement changed.

        Raises:
            Unavailable: the source cannot answer.
        """
        async with self.session() as connection:
            return (await connection.execute(statement, values)).rowcount

    async def document(
        self, statement: sql.SQL | sql.Composed, values: Mapping[str, Any] | None, form: type[T]
    ) -> T:
        """Return the JSON document in a statement's only row, decoded as `form`.

        Raises:
            Unavailable: the source cannot answer.
        """
        ((text,),) = await self.rows(statement, values)
        return msgspec.json.decode(text, type=form)
