"""What a process tells of itself in the ledger's schema, so that other processes can show it.

It counts in memory and writes every few seconds; a process that cannot write goes on all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from uuid import uuid4

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import CrossfadeError
from crossfade.events import (
    BackfillWaits,
    BreakerClosed,
    BreakerOpened,
    EntityPaused,
    Event,
    PushFailed,
)
from crossfade.mapping.canary import CANARY, ENTITY
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query

ANSWER_SECONDS = 5.0
LEAVE_SECONDS = 1.0
FORGET_SECONDS = 3600.0
SAMPLE_SECONDS = 60.0
KEPT_DAYS = 15
KINDS_MAX = 500
"""Kinds of failures counted between two writes; further ones count as one kind."""
OTHER = ("", "other")


class PostgresHeartbeat:
    """One process's account of itself.

    Args:
        pool: connections to the source.
        every_seconds: how often `step` is made; a process silent for three times as long is gone.
    """

    def __init__(self, pool: AsyncConnectionPool, every_seconds: float) -> None:
        self._pool = pool
        self._every_seconds = every_seconds
        self._id = str(uuid4())
        self._jobs: Counter[str] = Counter()
        self._stores_open: set[str] = set()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._sampled_at = -SAMPLE_SECONDS

    @contextmanager
    def running_job(self, job: str) -> Iterator[None]:
        """Tell of a job, such as ``relay``, for as long as it is done."""
        self._jobs[job] += 1
        try:
            yield
        finally:
            self._jobs[job] -= 1

    def observe(self, event: Event) -> None:
        """Count a failure, or note a breaker; anything else is passed over."""
        match event:
            case PushFailed():
                self._count(event.key.entity, event.error.__name__)
            case EntityPaused() | BackfillWaits():
                self._count(event.entity, event.error.__name__)
            case BreakerOpened():
                self._stores_open.add(event.store)
            case BreakerClosed():
                self._stores_open.discard(event.store)
            case _:
                pass

    async def step(self) -> bool:
        """Write what there is to tell; False: the next turn may wait.

        Raises:
            Unavailable: the source cannot answer; what was counted is told later.
        """
        await self._beat(ANSWER_SECONDS)
        if monotonic() - self._sampled_at >= SAMPLE_SECONDS:
            await self._execute("heartbeat_sample", {"kept_days": KEPT_DAYS}, ANSWER_SECONDS)
            self._sampled_at = monotonic()
        return False

    async def leave(self) -> None:
        """Tell that the process ends; when that cannot be told, its silence does."""
        with suppress(CrossfadeError):
            await self._beat(LEAVE_SECONDS)
            await self._execute("heartbeat_leave", {"id": self._id}, LEAVE_SECONDS)

    async def _beat(self, seconds: float) -> None:
        failures, self._failures = self._failures, Counter()
        told = [
            {"entity": entity, "error": error, "failures": times}
            for (entity, error), times in failures.items()
        ]
        values = {
            "id": self._id,
            "jobs": sorted(+self._jobs),
            "stores_open": sorted(self._stores_open),
            "every_seconds": self._every_seconds,
            "failures": orjson.dumps(told).decode(),
            "forget_seconds": FORGET_SECONDS,
        }
        try:
            await self._execute("heartbeat_write", values, seconds)
        except CrossfadeError:
            self._failures.update(failures)
            raise

    def _count(self, entity: str, error: str) -> None:
        kind = (entity, error)
        is_known = kind in self._failures or len(self._failures) < KINDS_MAX
        self._failures[kind if is_known else OTHER] += 1

    async def _execute(self, name: str, values: dict[str, object], seconds: float) -> None:
        await StatementRunner(self._pool, seconds).count(query(name), values)


class PostgresCanary:
    """Writes the row that travels end to end.

    Args:
        pool: connections to the source.
        every_seconds: the shortest time between two of its journeys, over all relays.
    """

    def __init__(self, pool: AsyncConnectionPool, every_seconds: float) -> None:
        self._pool = pool
        self._every_seconds = every_seconds

    async def step(self) -> bool:
        """Send the canary out, unless it is under way; False: the next turn may wait.

        Raises:
            Unavailable: the source cannot answer.
        """
        # A turn that comes a little early must not be passed over.
        values = {"canary": CANARY, "entity": ENTITY, "seconds": 0.9 * self._every_seconds}
        await StatementRunner(self._pool, ANSWER_SECONDS).count(query("canary_send"), values)
        return False
