"""One statement in a call of its own: how most of the room asks the source."""

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
"""How long a look into the ledger's schema may take."""


@dataclass(frozen=True, slots=True)
class StatementRunner:
    """Runs statements; each commits for itself.

    Attributes:
        pool: from `open_pool`.
        seconds_max: how long one call may take.
    """

    pool: AsyncConnectionPool
    seconds_max: float = ANSWER_SECONDS

    def session(self) -> AbstractAsyncContextManager[PoolConnection]:
        """Take a connection for a call of several statements; raises what `session` does."""
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
        """Return how many rows a statement changed.

        Raises:
            Unavailable: the source cannot answer.
        """
        async with self.session() as connection:
            return (await connection.execute(statement, values)).rowcount

    async def document(
        self, statement: sql.SQL | sql.Composed, values: Mapping[str, Any] | None, form: type[T]
    ) -> T:
        """Return the JSON document that a statement's only row holds.

        Raises:
            Unavailable: the source cannot answer.
        """
        ((text,),) = await self.rows(statement, values)
        return msgspec.json.decode(text, type=form)
