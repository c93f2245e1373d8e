"""What the ledger's schema tells about this moment, for pages and monitors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import SchemaChanged
from crossfade.postgres.connect import session
from crossfade.postgres.queries import migrations, query

FINDINGS_MAX = 10_000
"""Open findings are counted up to here."""


@dataclass(frozen=True, slots=True)
class EntityNow:
    """A mapping at this moment.

    Attributes:
        dirty: keys that have not reached the target, parked ones apart.
        parked: keys that are no longer tried.
        oldest_dirty_seconds: how long the oldest of the dirty keys has waited.
        backfilled: the share of the backfill's windows that is done; None without a backfill.
        is_captured: whether every trigger is in place and fires.
    """

    name: str
    table: str
    dirty: int
    parked: int
    oldest_dirty_seconds: float | None
    backfilled: float | None
    is_captured: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """A migration at one moment.

    Attributes:
        open_findings: findings that nobody has settled, at most `FINDINGS_MAX` and one.
        replicated_through: every write committed before is in the target, parked keys apart.
        verified_through: of every write committed before, the key was compared since.
        verified_at: when the newest full verification ended.
    """

    taken_at: datetime
    entities: tuple[EntityNow, ...]
    open_findings: int
    replicated_through: datetime
    verified_through: datetime
    verified_at: datetime | None


async def overview(pool: AsyncConnectionPool, seconds: float) -> Overview:
    """Return how the migration stands, in one round trip.

    The counts cost in proportion to the dirty keys, not to the keys.

    Args:
        pool: connections to the source.
        seconds: how long it may take.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the server cannot be reached, or refuses.
    """
    limits = {"findings_max": FINDINGS_MAX + 1}
    async with session(pool, seconds) as connection:
        row = await (await connection.execute(query("overview"), limits)).fetchone()
    return msgspec.json.decode(row[0] if row else "{}", type=Overview)


async def check_schema(pool: AsyncConnectionPool, seconds: float) -> None:
    """Check that the schema is this release's.

    Raises:
        NoSuchStore: nothing is installed.
        SchemaChanged: another release installed it.
        Unavailable: the server cannot be reached, or refuses.
    """
    async with session(pool, seconds) as connection:
        rows = await (await connection.execute(query("schema_steps"))).fetchall()
    present = {int(version) for (version,) in rows}
    wanted = {version for version, _ in migrations()}
    if present != wanted:
        missing = ", ".join(map(str, sorted(wanted - present))) or "none"
        newer = ", ".join(map(str, sorted(present - wanted))) or "none"
        raise SchemaChanged(
            f"the schema crossfade is not this release's: steps missing: {missing}, unknown here: "
            f"{newer}; run `crossfade install` of the newest release, and upgrade this process"
        )
