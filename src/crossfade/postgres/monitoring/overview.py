"""What the ledger's schema tells about this moment, for pages and monitors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg_pool import AsyncConnectionPool

from crossfade.errors import SchemaChanged
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import migrations, query

FINDINGS_MAX = 10_000
"""Open findings are counted up to here."""
PROCESSES_MAX = 50
MINUTES = 60
"""How far back failures and lag are told."""


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
class ProcessNow:
    """A process that told of itself lately.

    Attributes:
        id: a random name.
        jobs: what it does: ``push``, ``relay``, ``backfill``, ``verify``, ``work``.
        stores_open: stores that it leaves alone, because they failed too often in a row.
        silent_seconds: how long ago it told of itself.
        is_alive: whether that is as it should be.
    """

    id: str
    jobs: tuple[str, ...]
    stores_open: tuple[str, ...]
    started_at: datetime
    silent_seconds: float
    is_alive: bool


@dataclass(frozen=True, slots=True)
class FailureMinute:
    """How often one class of error came up in one minute, over all processes."""

    minute: datetime
    error: str
    failures: int


@dataclass(frozen=True, slots=True)
class LagMinute:
    """The dirty keys at one minute, over all mappings, and how long the oldest one had waited."""

    at: datetime
    dirty: int
    oldest_dirty_seconds: float


@dataclass(frozen=True, slots=True)
class Overview:
    """A migration at one moment.

    Attributes:
        open_findings: findings that nobody has settled, at most `FINDINGS_MAX` and one.
        replicated_through: every write committed before is in the target, parked keys apart.
        verified_through: of every write committed before, the key was compared since.
        verified_at: when the newest full verification ended.
        canary_at: when the newest canary that has arrived set out; None without canaries.
        transaction_seconds: age of the oldest transaction that holds a snapshot or has written;
            None where the role may not see other sessions.
        processes: those of the last hour, the longest at work first.
        failures: of the last hour, oldest first.
        lags: of the last hour, oldest first.
    """

    taken_at: datetime
    entities: tuple[EntityNow, ...]
    open_findings: int
    replicated_through: datetime
    verified_through: datetime
    verified_at: datetime | None
    canary_at: datetime | None
    processes: tuple[ProcessNow, ...]
    failures: tuple[FailureMinute, ...]
    lags: tuple[LagMinute, ...]
    transaction_seconds: float | None = None

    @property
    def canary_seconds(self) -> float | None:
        """The age of the newest canary that has arrived; None without canaries."""
        return _age(self.taken_at, self.canary_at)

    @property
    def stores_open(self) -> frozenset[str]:
        """Stores that some process at work leaves alone."""
        return frozenset(store for one in self.alive() for store in one.stores_open)

    def alive(self, job: str = "") -> tuple[ProcessNow, ...]:
        """Return the processes at work, or those with one job."""
        return tuple(one for one in self.processes if one.is_alive and (not job or job in one.jobs))


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
    limits = {
        "findings_max": FINDINGS_MAX + 1,
        "processes_max": PROCESSES_MAX,
        "minutes": MINUTES,
    }
    return await StatementRunner(pool, seconds).document(query("overview"), limits, Overview)


async def check_schema(pool: AsyncConnectionPool, seconds: float) -> None:
    """Check that the schema is this release's.

    Raises:
        NoSuchStore: nothing is installed.
        SchemaChanged: another release installed it.
        Unavailable: the server cannot be reached, or refuses.
    """
    rows = await StatementRunner(pool, seconds).rows(query("schema_steps"))
    present = {int(version) for (version,) in rows}
    wanted = {version for version, _ in migrations()}
    if present != wanted:
        missing = ", ".join(map(str, sorted(wanted - present))) or "none"
        newer = ", ".join(map(str, sorted(present - wanted))) or "none"
        raise SchemaChanged(
            f"the schema crossfade is not this release's: steps missing: {missing}, unknown here: "
            f"{newer}; run `crossfade install` of the newest release, and upgrade this process"
        )


def _age(now: datetime, when: datetime | None) -> float | None:
    return None if when is None else max(0.0, (now - when).total_seconds())
