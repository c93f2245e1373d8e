"""The facts that decide about the gates, read from the ledger's schema."""

from __future__ import annotations

from psycopg_pool import AsyncConnectionPool

from crossfade.cutover.gates import COUNT_MAX, Facts
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query


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
    return await StatementRunner(pool).document(query("gate_facts"), asked, Facts)
