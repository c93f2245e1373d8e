"""Where rows stand on their way to the target: one statement for a whole page of them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import NoSuchStore
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query
from crossfade.relay.status import DeliveryStatus


async def delivery_status(
    pool: AsyncConnectionPool, entity: str, primary_keys: Sequence[Sequence[str]], seconds: float
) -> tuple[DeliveryStatus, ...]:
    """Return where each row stands, in the order asked.

    Args:
        pool: from `open_pool`.
        entity: the mapping's name.
        primary_keys: of each row, its columns as PostgreSQL prints them.
        seconds: how long the statement may take.

    Raises:
        Unavailable: the source cannot answer.
    """
    rows = [
        {"ordinal": ordinal, "lowest": list(key), "above": [*key[:-1], f"{key[-1]}\x01"]}
        for ordinal, key in enumerate(primary_keys)
    ]
    asked = {"entity": entity, "rows": orjson.dumps(rows).decode()}
    try:
        found = await StatementRunner(pool, seconds).rows(query("delivery_status"), asked)
    except NoSuchStore:
        return (DeliveryStatus.NOT_CAPTURED,) * len(rows)
    return tuple(DeliveryStatus(where) for (where,) in found)
