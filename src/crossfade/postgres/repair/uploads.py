"""Records of stored objects."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg_pool import AsyncConnectionPool

from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


class PostgresUploads:
    """The ledger's records of stored objects, as `ports.Uploads`.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def forget(self, object_keys: Sequence[str]) -> None:
        """Delete the records of objects, so that the relay stores them again for the next item.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._runner.count(query("forget_objects"), {"object_keys": list(object_keys)})
