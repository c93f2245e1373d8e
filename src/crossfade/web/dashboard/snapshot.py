"""A snapshot of the ledger's schema: the current figures, and the gates at most 15 s old."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from psycopg_pool import AsyncConnectionPool

from crossfade.cutover.gates import Readiness, Thresholds
from crossfade.cutover.readiness import readiness
from crossfade.postgres.monitoring.gates import gate_facts
from crossfade.postgres.monitoring.overview import Overview, overview

ANSWER_SECONDS = 15.0
GATES_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a migration at one moment.

    Attributes:
        now: the figures.
        gates: the phase and the gates, at most `GATES_SECONDS` old.
        thresholds: the thresholds of the gates, also used for the figures.
    """

    now: Overview
    gates: Readiness
    thresholds: Thresholds


class SnapshotReader:
    """A reader of snapshots. It reads the gates less often, as they cost the database more.

    Args:
        pool: connections to the database of the ledger's schema.
        thresholds: the thresholds of the gates.
    """

    def __init__(self, pool: AsyncConnectionPool, thresholds: Thresholds) -> None:
        self._pool = pool
        self._thresholds = thresholds
        self._gates: Readiness | None = None
        self._gates_at = 0.0

    async def read(self) -> Snapshot:
        """Return a snapshot.

        Raises:
            NoSuchStore: the ledger is not installed.
            Unavailable: the database cannot answer.
        """
        now = await overview(self._pool, ANSWER_SECONDS)
        return Snapshot(now, await self._readiness(), self._thresholds)

    async def _readiness(self) -> Readiness:
        if self._gates is None or monotonic() - self._gates_at > GATES_SECONDS:
            facts = await gate_facts(self._pool, self._thresholds.quiet_seconds_min)
            self._gates, self._gates_at = readiness(facts, self._thresholds), monotonic()
        return self._gates
