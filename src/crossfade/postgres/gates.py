"""The facts that decide about the gates, read from the ledger's schema."""

from __future__ import annotations

import msgspec
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.gates import COUNT_MAX, Facts
from crossfade.postgres.connect import session
from crossfade.postgres.queries import query

ANSWER_SECONDS = 10.0


async def gate_facts(pool: AsyncConnectionPool, window_seconds: float) -> Facts:
    """Return what decides about the gates.

    Args:
        pool: from `open_pool`.
        window_seconds: how far back a comparison counts as one of the window of validation.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the source cannot answer.
    """
    asked = {"window_seconds": window_seconds, "count_max": COUNT_MAX}
    async with session(pool, ANSWER_SECONDS) as connection:
        row = await (await connection.execute(query("gate_facts"), asked)).fetchone()
    return msgspec.json.decode(row[0] if row else "{}", type=Facts)
