"""Heartbeats: the jobs, failures and open breakers of a process, for other processes to show.

A process counts in memory and writes every few seconds; one that cannot write continues its work.
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
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner

ANSWER_SECONDS = 5.0
CLOSE_SECONDS = 1.0
FORGET_SECONDS = 3600.0
SAMPLE_SECONDS = 60.0
KEPT_DAYS = 15
KINDS_MAX = 500
"""The number of kinds of failures counted between two writes; further kinds count as one."""
OTHER = ("", "other")


class PostgresHeartbeat:
    """The heartbeat of one process.

    Args:
        pool: connections to the source.
        every_seconds: the interval of `step`; a process without a heartbeat for three intervals is
            not alive.
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
        """Report a job, such as ``relay``, until the block ends."""
        self._jobs[job] += 1
        try:
            yield
        finally:
            self._jobs[job] -= 1

    def observe(self, event: Event) -> None:
        """Count a failure, or record the state of a breaker; ignore other events."""
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
        """Write a heartbeat; return False, since the next step can wait.

        Raises:
            Unavailable: the source cannot answer; the next step writes the failures.
        """
        await self._write(ANSWER_SECONDS)
        if monotonic() - self._sampled_at >= SAMPLE_SECONDS:
            await self._execute("heartbeat_sample", {"kept_days": KEPT_DAYS}, ANSWER_SECONDS)
            self._sampled_at = monotonic()
        return False

    async def close(self) -> None:
        """Delete the process; if that fails, it is not alive after three intervals."""
        with suppress(CrossfadeError):
            await self._write(CLOSE_SECONDS)
            await self._execute("heartbeat_delete", {"id": self._id}, CLOSE_SECONDS)

    async def _write(self, seconds: float) -> None:
        failures, self._failures = self._failures, Counter()
        records = [
            {"entity": entity, "error": error, "failures": times}
            for (entity, error), times in failures.items()
        ]
        values = {
            "id": self._id,
            "jobs": sorted(+self._jobs),
            "stores_open": sorted(self._stores_open),
            "every_seconds": self._every_seconds,
            "failures": orjson.dumps(records).decode(),
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
    """The writer of the canary, a row whose delivery is measured from end to end.

    Args:
        pool: connections to the source.
        every_seconds: the shortest interval between two writes, over all relays.
    """

    def __init__(self, pool: AsyncConnectionPool, every_seconds: float) -> None:
        self._pool = pool
        self._every_seconds = every_seconds

    async def step(self) -> bool:
        """Write the canary unless it is undelivered; return False, since the next step can wait.

        Raises:
            Unavailable: the source cannot answer.
        """
        # A step that is a little early must not be skipped.
        values = {"canary": CANARY, "entity": ENTITY, "seconds": 0.9 * self._every_seconds}
        await StatementRunner(self._pool, ANSWER_SECONDS).count(query("canary_send"), values)
        return False
