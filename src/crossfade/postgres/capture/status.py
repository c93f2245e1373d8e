"""The status of the installed mappings; unparking keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crossfade.mapping.state import Key
from crossfade.postgres.errors import translated
from crossfade.postgres.pool import connect
from crossfade.postgres.queries import query


@dataclass(frozen=True, slots=True)
class EntityStatus:
    """The status of one mapping in the ledger.

    Attributes:
        entity: the mapping's name.
        table: its table.
        mapping_version: the version of the installed mapping.
        activated_at: since when every write is captured.
        marked: keys with a ledger entry.
        dirty: keys that have not reached the target, parked keys included.
        parked: keys that are no longer delivered until they are written or unparked.
        oldest_dirty_seconds: an upper bound of the age of the oldest dirty key, parked or not.
        attempts_max: the highest number of failures in a row of any key.
        uncaptured: tables and partitions with a trigger missing or disabled; until `install` is run
            again, their writes are not delivered.
    """

    entity: str
    table: str
    mapping_version: int
    activated_at: datetime | None
    marked: int
    dirty: int
    parked: int
    oldest_dirty_seconds: float | None
    attempts_max: int
    uncaptured: tuple[str, ...]


async def status(dsn: str) -> tuple[EntityStatus, ...]:
    """Return the status of each installed mapping, in one round trip.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the server cannot be reached, or refuses.
    """
    async with connect(dsn) as connection:
        with translated():
            rows = await (await connection.execute(query("status"))).fetchall()
    return tuple(replace(EntityStatus(*row), uncaptured=tuple(row[-1])) for row in rows)


async def unpark(dsn: str, *, entity: str | None = None, key: Key | None = None) -> int:
    """Unpark keys, which are then due at once; return how many were unparked.

    Args:
        dsn: the database URL of the source.
        entity: the mapping of the keys; None for all mappings.
        key: one key; None for all keys of the entity.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the server cannot be reached, or refuses.
    """
    chosen = {
        "entity": key.entity if key else entity,
        "key": list(key.parts) if key else None,
    }
    async with connect(dsn) as connection:
        with translated():
            return (await connection.execute(query("unpark"), chosen)).rowcount
