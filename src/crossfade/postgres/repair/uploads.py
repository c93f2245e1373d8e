"""Which objects the ledger knows to be stored."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg_pool import AsyncConnectionPool

from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query


class PostgresUploads:
    """Satisfies `ports.Uploads`.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def forget(self, object_keys: Sequence[str]) -> None:
        """Forget objects, so that the relay stores them again when an item needs them.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._runner.count(query("forget_objects"), {"object_keys": list(object_keys)})
