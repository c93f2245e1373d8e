"""The present state of a migration from the ledger's schema, for pages and monitors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg_pool import AsyncConnectionPool

from crossfade.errors import SchemaChanged
from crossfade.postgres.queries import migrations, query
from crossfade.postgres.statement_runner import StatementRunner

FINDINGS_MAX = 10_000
"""The limit of counting open findings."""
PROCESSES_MAX = 50
MINUTES = 60
"""The period of the failures and lags of an overview."""


@dataclass(frozen=True, slots=True)
class EntityNow:
    """The present state of a mapping.

    Attributes:
        dirty: keys that have not reached the target, except parked keys.
        parked: keys that are no longer delivered until they are written or unparked.
        oldest_dirty_seconds: the age of the oldest dirty key.
        backfilled: the share of the backfill's windows that is done; None without a backfill.
        is_captured: whether every trigger exists and is enabled.
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
    """A process that wrote a heartbeat within the last hour.

    Attributes:
        id: a random identifier.
        jobs: its jobs: ``push``, ``relay``, ``backfill``, ``verify``, ``work``.
        stores_open: stores for which its breaker is open.
        started_at: when it started.
        silent_seconds: the age of its last heartbeat.
        is_alive: whether that heartbeat is recent enough.
    """

    id: str
    jobs: tuple[str, ...]
    stores_open: tuple[str, ...]
    started_at: datetime
    silent_seconds: float
    is_alive: bool


@dataclass(frozen=True, slots=True)
class FailureMinute:
    """The number of failures of one class of error in one minute, over all processes."""

    minute: datetime
    error: str
    failures: int


@dataclass(frozen=True, slots=True)
class LagMinute:
    """The number of dirty keys at one minute, over all mappings, and the age of the oldest one."""

    at: datetime
    dirty: int
    oldest_dirty_seconds: float


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of a migration at one time.

    Attributes:
        taken_at: the time.
        open_findings: the number of open findings, counted up to `FINDINGS_MAX` + 1.
        replicated_through: every write committed before this time is in the target, except those
            of parked keys.
        verified_through: the key of every write committed before this time was compared since.
        verified_at: when the newest full verification ended.
        canary_at: when the newest delivered canary was written; None without canaries.
        processes: those of the last hour, the earliest started first.
        failures: those of the last hour, oldest first.
        lags: those of the last hour, oldest first.
        transaction_seconds: the age of the oldest transaction that holds a snapshot or has written;
            None for a role that cannot see other sessions.
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
        """The age of the newest delivered canary; None without canaries."""
        return _age(self.taken_at, self.canary_at)

    @property
    def stores_open(self) -> frozenset[str]:
        """Stores for which the breaker of any live process is open."""
        return frozenset(store for one in self.alive() for store in one.stores_open)

    def alive(self, job: str = "") -> tuple[ProcessNow, ...]:
        """Return the live processes, or those of them with a job."""
        return tuple(one for one in self.processes if one.is_alive and (not job or job in one.jobs))


async def overview(pool: AsyncConnectionPool, seconds: float) -> Overview:
    """Return the present state of the migration, in one round trip.

    The cost grows with the number of dirty keys, not with that of all keys.

    Args:
        pool: connections to the source.
        seconds: the time limit.

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
        SchemaChanged: another release installed the schema.
        Unavailable: the server cannot be reached, or refuses.
    """
    rows = await StatementRunner(pool, seconds).rows(query("applied_migrations"))
    applied = {int(version) for (version,) in rows}
    known = {version for version, _ in migrations()}
    if applied != known:
        missing = ", ".join(map(str, sorted(known - applied))) or "none"
        newer = ", ".join(map(str, sorted(applied - known))) or "none"
        raise SchemaChanged(
            f"schema crossfade is of another release: migrations missing: {missing}, unknown: "
            f"{newer}; run `crossfade install` of the newest release, and upgrade this process"
        )


def _age(now: datetime, when: datetime | None) -> float | None:
    return None if when is None else max(0.0, (now - when).total_seconds())
