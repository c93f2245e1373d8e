"""The history of a migration from the ledger's schema: runs, findings, lag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from crossfade.parity.model import Verdict
from crossfade.postgres.errors import translated
from crossfade.postgres.pool import connect
from crossfade.postgres.queries import query


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """Limits of a history, which holds the newest records of each kind."""

    runs_max: int = 200
    findings_max: int = 200
    slowest_max: int = 20


@dataclass(frozen=True, slots=True)
class PastRun:
    """A verification run, its keys counted by verdict.

    Attributes:
        left_out: mappings that it skipped because their tables had changed.
    """

    id: int
    kind: str
    is_deep: bool
    state: str
    started_at: datetime
    finished_at: datetime | None
    source_rows: int
    target_items: int
    equal_keys: int
    lagging_keys: int
    racing_keys: int
    parked_keys: int
    drifted_keys: int
    orphan_objects: int
    read_units: float
    root_digest: str | None
    left_out: tuple[str, ...] = ()

    @property
    def parity(self) -> float | None:
        """The share of keys that were equal or not yet delivered; None without keys."""
        settled = self.equal_keys + self.lagging_keys + self.racing_keys
        judged = settled + self.parked_keys + self.drifted_keys
        return settled / judged if judged else None


@dataclass(frozen=True, slots=True)
class EntityHistory:
    """The present state of a mapping.

    Attributes:
        keys: keys of the ledger.
        oldest_dirty_seconds: the lag: the age of the oldest dirty key, except parked keys.
        verified_at: when the newest full run that covers the mapping ended.
        replicated_through: every write committed before this time is in the target, except those
            of parked keys.
        verified_through: the key of every write committed before this time was compared since.
        unverified: keys that were delivered and not compared since.
        backfilled: the share of its windows that is done; None without a backfill.
    """

    name: str
    table: str
    keys: int
    dirty: int
    parked: int
    oldest_dirty_seconds: float | None
    open_findings: int
    verified_at: datetime | None
    replicated_through: datetime
    verified_through: datetime
    unverified: int
    backfilled: float | None


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """The numbers of findings of a verdict."""

    verdict: Verdict
    open: int
    closed: int


@dataclass(frozen=True, slots=True)
class PastFinding:
    """A finding, without its evidence."""

    id: int
    entity: str
    key: tuple[str | None, ...]
    verdict: Verdict
    fields: tuple[str, ...]
    cause: str
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class SlowKey:
    """A key that has not reached the target.

    Attributes:
        seconds: how long it has been dirty.
        attempts: failures in a row.
    """

    entity: str
    key: tuple[str | None, ...]
    seconds: float
    attempts: int
    parked_reason: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The history at one time: runs oldest first, findings open first, keys slowest first."""

    taken_at: datetime
    runs: tuple[PastRun, ...]
    entities: tuple[EntityHistory, ...]
    verdicts: tuple[VerdictCount, ...]
    findings: tuple[PastFinding, ...]
    slowest: tuple[SlowKey, ...]


async def history(dsn: str, options: HistoryOptions | None = None) -> History:
    """Return the history of a migration, in one round trip.

    Args:
        dsn: the database URL of the source.
        options: the limits.

    Raises:
        NoSuchStore: nothing is installed.
        Unavailable: the server cannot be reached, or refuses.
    """
    chosen = options or HistoryOptions()
    limits = {
        "runs_max": chosen.runs_max,
        "findings_max": chosen.findings_max,
        "slowest_max": chosen.slowest_max,
    }
    async with connect(dsn) as connection:
        with translated():
            cursor = await connection.execute(query("history"), limits)
            row = await cursor.fetchone()
    return msgspec.json.decode(row[0] if row else "{}", type=History)
