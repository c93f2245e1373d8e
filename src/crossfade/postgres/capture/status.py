"""What is installed and how it stands; parked keys set free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crossfade.mapping.state import Key
from crossfade.postgres.errors import translated
from crossfade.postgres.pool import connect
from crossfade.postgres.queries import query


@dataclass(frozen=True, slots=True)
class EntityStatus:
    """One mapping as the ledger has it.

    Attributes:
        entity: the mapping's name.
        table: its table.
        mapping_version: the version of the mapping that was installed.
        activated_at: since when every write is captured.
        marked: keys that were ever written.
        dirty: keys that have not reached the target, the parked ones included.
        parked: keys that are no longer tried.
        oldest_dirty_seconds: how long the oldest dirty key has been so, at most.
        attempts_max: the highest count of failures in a row of any key.
        uncaptured: tables and partitions with a trigger missing or disabled; their writes are lost
            to the target until `install` is run again.
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
    """Return how each installed mapping stands, in one round trip.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the server cannot be reached, or refuses.
    """
    async with connect(dsn) as connection:
        with translated():
            rows = await (await connection.execute(query("status"))).fetchall()
    return tuple(replace(EntityStatus(*row), uncaptured=tuple(row[-1])) for row in rows)


async def unpark(dsn: str, *, entity: str | None = None, key: Key | None = None) -> int:
    """Give parked keys a fresh chance: one key, those of an entity, or all; returns how many.

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
