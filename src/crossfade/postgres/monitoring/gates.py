"""The facts that decide the gates, read from the ledger's schema."""

from __future__ import annotations

from psycopg_pool import AsyncConnectionPool

from crossfade.cutover.gates import COUNT_MAX, Facts
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


async def gate_facts(pool: AsyncConnectionPool, window_seconds: float) -> Facts:
    """Return the facts that decide the gates.

    Args:
        pool: from `open_pool`.
        window_seconds: the length of the validation window; older comparisons do not count.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the source cannot answer.
    """
    parameters = {"window_seconds": window_seconds, "count_max": COUNT_MAX}
    return await StatementRunner(pool).document(query("gate_facts"), parameters, Facts)
