"""What the ledger tells operators: runs, coverage, backfill, parked keys, the past of one key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import Key, Row
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.ledger.row_keys import row_bounds
from crossfade.postgres.monitoring.history import PastFinding, PastRun
from crossfade.postgres.queries import query

FACTS_MAX = 200


@dataclass(frozen=True, slots=True)
class Bucket:
    """A 256th of an entity's keys.

    Attributes:
        seconds: since when every earlier write of these keys was compared.
        drifted: keys that were found apart then.
    """

    bucket: int
    seconds: float
    keys: int
    drifted: int


@dataclass(frozen=True, slots=True)
class EntityCoverage:
    """The buckets of one mapping that were ever compared."""

    name: str
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class EntityBackfill:
    """How far the backfill of one mapping has come.

    Attributes:
        rows_estimated: rows the table had when it was planned; None without a plan.
        windows_leased: windows that a process works on at this moment.
    """

    name: str
    rows_estimated: int | None
    windows: int
    windows_done: int
    windows_leased: int
    rows_read: int
    rows_written: int
    rows_skipped: int
    rows_marked: int
    rows_parked: int
    bytes_written: int
    throttles: int
    planned_at: datetime | None
    advanced_at: datetime | None

    @property
    def share(self) -> float | None:
        """The share of its windows that is done; None without a plan."""
        return self.windows_done / self.windows if self.windows else None


@dataclass(frozen=True, slots=True)
class ParkedKey:
    """A key that is no longer tried."""

    entity: str
    key: tuple[str | None, ...]
    version: int
    attempts: int
    dirty_since: datetime
    parked_reason: str


@dataclass(frozen=True, slots=True)
class KnownKey:
    """The ledger's row of one key."""

    entity: str
    key: tuple[str | None, ...]
    version: int
    acked: int
    dirty_since: datetime | None
    unverified_since: datetime | None
    attempts: int
    next_attempt_at: datetime
    parked_reason: str | None


@dataclass(frozen=True, slots=True)
class KnownTombstone:
    """A tombstone that a sweep has seen."""

    key: tuple[str | None, ...]
    version: int
    seen_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownObject:
    """An object that the ledger knows to be stored."""

    object_key: str
    size_bytes: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class KnownReveal:
    """Somebody asked to see the row's content."""

    requested_by: str
    requested_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class KeyTrail:
    """All that is remembered of one row, under every key it had; the newest of each first."""

    taken_at: datetime
    keys: tuple[KnownKey, ...]
    findings: tuple[PastFinding, ...]
    tombstones: tuple[KnownTombstone, ...]
    objects: tuple[KnownObject, ...]
    reveals: tuple[KnownReveal, ...]


async def runs_since(
    pool: AsyncConnectionPool, seconds: float, runs_max: int = 500
) -> tuple[PastRun, ...]:
    """Return the verification runs that began within so many seconds, newest first.

    Raises:
        Unavailable: the source cannot answer.
    """
    asked = {"seconds": seconds, "runs_max": runs_max}
    return await StatementRunner(pool).document(query("runs_since"), asked, tuple[PastRun, ...])


async def coverage(pool: AsyncConnectionPool) -> tuple[EntityCoverage, ...]:
    """Return which buckets of each mapping were compared, and how long ago.

    Raises:
        Unavailable: the source cannot answer.
    """
    return await StatementRunner(pool).document(
        query("coverage_read"), {}, tuple[EntityCoverage, ...]
    )


async def backfills(pool: AsyncConnectionPool) -> tuple[EntityBackfill, ...]:
    """Return how far the backfill of each mapping has come.

    Raises:
        Unavailable: the source cannot answer.
    """
    return await StatementRunner(pool).document(
        query("backfill_read"), {}, tuple[EntityBackfill, ...]
    )


async def parked_page(
    pool: AsyncConnectionPool, after: Key | None = None, keys_max: int = 50
) -> tuple[ParkedKey, ...]:
    """Return parked keys in their order, after one of them.

    Raises:
        Unavailable: the source cannot answer.
    """
    asked = {
        "after_entity": after.entity if after else "",
        "after_key": list(after.parts) if after else [],
        "keys_max": keys_max,
    }
    return await StatementRunner(pool).document(query("parked_page"), asked, tuple[ParkedKey, ...])


async def key_trail(pool: AsyncConnectionPool, row: Row, folders: tuple[str, ...] = ()) -> KeyTrail:
    """Return all that is remembered of one row.

    Args:
        pool: from `open_pool`.
        row: its primary key.
        folders: what the names of its objects begin with, slash included.

    Raises:
        Unavailable: the source cannot answer.
    """
    asked = row_bounds(row) | {"folders": list(folders), "facts_max": FACTS_MAX}
    return await StatementRunner(pool).document(query("key_trail"), asked, KeyTrail)
