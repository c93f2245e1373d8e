"""One look at the ledger's schema: the figures of this moment, and the gates of a while ago."""

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
    """What a look showed.

    Attributes:
        now: the figures.
        gates: how far the migration has come, at most `GATES_SECONDS` old.
        thresholds: what the gates ask for; the figures are held to the same.
    """

    now: Overview
    gates: Readiness
    thresholds: Thresholds


class SnapshotReader:
    """Looks, and asks for the gates only now and then: they take more of the database's time.

    Args:
        pool: connections to the database of the ledger's schema.
        thresholds: what the gates ask for.
    """

    def __init__(self, pool: AsyncConnectionPool, thresholds: Thresholds) -> None:
        self._pool = pool
        self._thresholds = thresholds
        self._gates: Readiness | None = None
        self._asked_at = 0.0

    async def look(self) -> Snapshot:
        """Return what there is to see.

        Raises:
            NoSuchStore: nothing is installed.
            Unavailable: the database cannot answer.
        """
        now = await overview(self._pool, ANSWER_SECONDS)
        return Snapshot(now, await self._readiness(), self._thresholds)

    async def _readiness(self) -> Readiness:
        if self._gates is None or monotonic() - self._asked_at > GATES_SECONDS:
            facts = await gate_facts(self._pool, self._thresholds.quiet_seconds_min)
            self._gates, self._asked_at = readiness(facts, self._thresholds), monotonic()
        return self._gates
