"""The composition root of the heartbeat: a process reports itself while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from psycopg_pool import AsyncConnectionPool

from crossfade.events import Event
from crossfade.jobs.loop import Pauses, forever
from crossfade.jobs.tasks import cancel_and_wait
from crossfade.ports import Observer
from crossfade.postgres import PostgresHeartbeat
from crossfade.settings import Settings

FIRST_SECONDS = 0.5
FAILURE_SECONDS = 30.0
FAILURE_SECONDS_MAX = 600.0
"""A process that cannot record its heartbeat logs this now and then, and continues."""


@asynccontextmanager
async def open_heartbeat(
    settings: Settings, pool: AsyncConnectionPool, observe: Observer
) -> AsyncIterator[PostgresHeartbeat]:
    """Record the heartbeat of this process every few seconds until the block ends.

    It runs in the background: nothing waits for it and nothing fails because of it.

    Args:
        settings: how often; 0 switches it off.
        pool: connections to the source.
        observe: called with the failures of the heartbeat.
    """
    heartbeat = PostgresHeartbeat(pool, settings.pulse_seconds)
    if not settings.pulse_seconds:
        yield heartbeat
        return
    stop = asyncio.Event()
    beating = asyncio.create_task(
        forever("heartbeat", heartbeat.step, stop, observe, pauses_of(settings.pulse_seconds))
    )
    try:
        yield heartbeat
    finally:
        stop.set()
        await cancel_and_wait(beating)
        await heartbeat.close()


def pauses_of(seconds: float) -> Pauses:
    """Return the pauses of a periodic job; the first repetitions come sooner."""
    return Pauses(
        idle_seconds=min(FIRST_SECONDS, seconds),
        idle_seconds_max=seconds,
        failure_seconds=FAILURE_SECONDS,
        failure_seconds_max=FAILURE_SECONDS_MAX,
    )


def report_to_all(observers: Sequence[Observer], event: Event) -> None:
    """Report an event to several observers."""
    for observe in observers:
        observe(event)
