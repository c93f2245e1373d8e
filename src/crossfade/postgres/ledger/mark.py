"""Keys marked by Crossfade itself, so that the relay writes them anew: there is no other writer."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg_pool import AsyncConnectionPool

from crossfade.errors import Contended
from crossfade.mapping.state import Key
from crossfade.postgres.pool import session
from crossfade.postgres.queries import query

PATIENCE_SECONDS = 1.0
"""How long a writer that holds a key is waited for."""


async def mark_keys(
    pool: AsyncConnectionPool, keys: Sequence[tuple[Key, int]], answer_seconds: float
) -> tuple[Key, ...]:
    """Give each key a version above its own and above the given one, dirty and due at once.

    Each key is marked in a transaction of its own: who holds one lock only cannot be part of a
    deadlock with the application's writers.

    Args:
        pool: from `open_pool`.
        keys: each with the version that its new one must exceed, such as its item's.
        answer_seconds: how long the mark of one key may take.

    Returns:
        The keys that a writer held for more than `PATIENCE_SECONDS`; they are as they were.

    Raises:
        Unavailable: the source cannot answer; some of the keys may be marked.
    """
    held = []
    for key, above in keys:
        try:
            async with session(pool, answer_seconds) as connection:
                await connection.execute(
                    query("mark_key"),
                    {
                        "entity": key.entity,
                        "key": list(key.parts),
                        "above": above,
                        "patience": f"{PATIENCE_SECONDS * 1000:.0f}",
                    },
                )
        except Contended:
            held.append(key)
    return tuple(held)
