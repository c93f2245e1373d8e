"""The delivery status of rows: one statement for a page of them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import NoSuchStore
from crossfade.postgres.ledger.row_keys import key_bounds
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner
from crossfade.relay.status import DeliveryStatus


async def delivery_status(
    pool: AsyncConnectionPool, entity: str, primary_keys: Sequence[Sequence[str]], seconds: float
) -> tuple[DeliveryStatus, ...]:
    """Return the status of each row, in the order of the keys.

    Args:
        pool: from `open_pool`.
        entity: the mapping's name.
        primary_keys: the columns of each row's primary key, as PostgreSQL prints them.
        seconds: the time limit of the statement.

    Raises:
        Unavailable: the source cannot answer.
    """
    rows = [{"ordinal": ordinal, **key_bounds(key)} for ordinal, key in enumerate(primary_keys)]
    parameters = {"entity": entity, "rows": orjson.dumps(rows).decode()}
    try:
        found = await StatementRunner(pool, seconds).rows(query("delivery_status"), parameters)
    except NoSuchStore:
        return (DeliveryStatus.NOT_CAPTURED,) * len(rows)
    return tuple(DeliveryStatus(status) for (status,) in found)
