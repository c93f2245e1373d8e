"""Which objects the ledger knows to be stored."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg_pool import AsyncConnectionPool

from crossfade.postgres.connect import session
from crossfade.postgres.queries import query


class PostgresUploads:
    """Satisfies `ports.Uploads`.

    Args:
        pool: from `open_pool`.
        answer_seconds: how long one call may take.
    """

    def __init__(self, pool: AsyncConnectionPool, answer_seconds: float = 10.0) -> None:
        self._pool = pool
        self._answer_seconds = answer_seconds

    async def forget(self, object_keys: Sequence[str]) -> None:
        """Forget objects, so that the relay stores them again when an item needs them.

        Raises:
            Unavailable: the source cannot answer.
        """
        async with session(self._pool, self._answer_seconds) as connection:
            await connection.execute(query("forget_objects"), {"object_keys": list(object_keys)})
