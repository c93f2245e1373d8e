"""Keys that Crossfade itself marks, so that the relay, the only writer, writes them again."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg_pool import AsyncConnectionPool

from crossfade.errors import Contended
from crossfade.mapping.state import Key
from crossfade.postgres.pool import session
from crossfade.postgres.queries import query

LOCK_SECONDS = 1.0
"""The time limit of waiting for a writer that has locked a key."""


async def mark_keys(
    pool: AsyncConnectionPool, keys: Sequence[tuple[Key, int]], answer_seconds: float
) -> tuple[Key, ...]:
    """Give each key a version above its own and above the given one, dirty and due at once.

    Each key is marked in a transaction of its own: a transaction with one lock only cannot be part
    of a deadlock with the application's writers.

    Args:
        pool: from `open_pool`.
        keys: each with the version that its new one must exceed, such as its item's.
        answer_seconds: the time limit of marking one key.

    Returns:
        The keys that a writer kept locked for `LOCK_SECONDS`; they are unchanged.

    Raises:
        Unavailable: the source cannot answer; some of the keys may be marked.
    """
    locked = []
    for key, above in keys:
        try:
            async with session(pool, answer_seconds) as connection:
                await connection.execute(
                    query("mark_key"),
                    {
                        "entity": key.entity,
                        "key": list(key.parts),
                        "above": above,
                        "lock_timeout": f"{LOCK_SECONDS * 1000:.0f}",
                    },
                )
        except Contended:
            locked.append(key)
    return tuple(locked)
