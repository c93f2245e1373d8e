"""Details for operators: runs, coverage, backfill, parked keys, the history of one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import Key, Row
from crossfade.postgres.ledger.row_keys import row_bounds
from crossfade.postgres.monitoring.history import PastFinding, PastRun
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner

FACTS_MAX = 200


@dataclass(frozen=True, slots=True)
class Bucket:
    """A 256th of an entity's keys.

    Attributes:
        bucket: its number, from 0.
        seconds: its age: every write before it was compared.
        keys: the number of its keys.
        drifted: the number of keys that had drifted then.
    """

    bucket: int
    seconds: float
    keys: int
    drifted: int


@dataclass(frozen=True, slots=True)
class EntityCoverage:
    """The buckets of one mapping that have been compared."""

    name: str
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class EntityBackfill:
    """The progress of the backfill of one mapping.

    Attributes:
        rows_estimated: the estimated number of rows of the table when it was planned; None without
            a plan.
        windows_leased: windows that a process works on now.
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
    """A key that is no longer delivered until it is written or unparked."""

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
    """An object that the ledger has as stored."""

    object_key: str
    size_bytes: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class KnownReveal:
    """A request to see the row's content."""

    requested_by: str
    requested_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """All records of one row, under every key that it had.

    Keys and tombstones are in the order of the keys, other records newest first.
    """

    taken_at: datetime
    keys: tuple[KnownKey, ...]
    findings: tuple[PastFinding, ...]
    tombstones: tuple[KnownTombstone, ...]
    objects: tuple[KnownObject, ...]
    reveals: tuple[KnownReveal, ...]


async def runs_since(
    pool: AsyncConnectionPool, seconds: float, runs_max: int = 500
) -> tuple[PastRun, ...]:
    """Return the verification runs that began within the last seconds, newest first.

    Raises:
        Unavailable: the source cannot answer.
    """
    limits = {"seconds": seconds, "runs_max": runs_max}
    return await StatementRunner(pool).document(query("runs_since"), limits, tuple[PastRun, ...])


async def coverage(pool: AsyncConnectionPool) -> tuple[EntityCoverage, ...]:
    """Return the compared buckets of each mapping, with their age.

    Raises:
        Unavailable: the source cannot answer.
    """
    return await StatementRunner(pool).document(
        query("coverage_read"), {}, tuple[EntityCoverage, ...]
    )


async def backfills(pool: AsyncConnectionPool) -> tuple[EntityBackfill, ...]:
    """Return the progress of the backfill of each mapping.

    Raises:
        Unavailable: the source cannot answer.
    """
    return await StatementRunner(pool).document(
        query("backfill_read"), {}, tuple[EntityBackfill, ...]
    )


async def parked_page(
    pool: AsyncConnectionPool, after: Key | None = None, keys_max: int = 50
) -> tuple[ParkedKey, ...]:
    """Return parked keys in ascending order, after one of them.

    Raises:
        Unavailable: the source cannot answer.
    """
    parameters = {
        "after_entity": after.entity if after else "",
        "after_key": list(after.parts) if after else [],
        "keys_max": keys_max,
    }
    return await StatementRunner(pool).document(
        query("parked_page"), parameters, tuple[ParkedKey, ...]
    )


async def key_history(
    pool: AsyncConnectionPool, row: Row, folders: tuple[str, ...] = ()
) -> KeyHistory:
    """Return all records of one row.

    Args:
        pool: from `open_pool`.
        row: its primary key.
        folders: the prefixes of the names of its objects, slash included.

    Raises:
        Unavailable: the source cannot answer.
    """
    parameters = row_bounds(row) | {"folders": list(folders), "facts_max": FACTS_MAX}
    return await StatementRunner(pool).document(query("key_history"), parameters, KeyHistory)
