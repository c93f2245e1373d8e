"""What a process tells of itself, wired: events counted, the pulse and the canary in turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg_pool import AsyncConnectionPool

from crossfade.events import Event
from crossfade.jobs.loop import Pauses, forever
from crossfade.jobs.tasks import cancel_and_wait
from crossfade.ports import Observer
from crossfade.postgres import PostgresCanary, PostgresHeartbeat
from crossfade.settings import Settings

FIRST_SECONDS = 0.5
FAILURE_SECONDS = 30.0
FAILURE_SECONDS_MAX = 600.0
"""A process that may not tell of itself says so in its log now and then, and goes on."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What one process has to tell."""

    pulse: PostgresHeartbeat
    canary: PostgresCanary


@asynccontextmanager
async def open_vitals(
    settings: Settings, pool: AsyncConnectionPool, observe: Observer
) -> AsyncIterator[Vitals]:
    """Tell of this process every few seconds, in the background, until the block ends.

    Whatever becomes of it, nothing waits for it and nothing fails because of it.

    Args:
        settings: how often.
        pool: connections to the source.
        observe: told of turns that failed.
    """
    vitals = Vitals(
        PostgresHeartbeat(pool, settings.pulse_seconds),
        PostgresCanary(pool, settings.canary_seconds),
    )
    if not settings.pulse_seconds:
        yield vitals
        return
    step, stop = vitals.pulse.step, asyncio.Event()
    telling = asyncio.create_task(
        forever("pulse", step, stop, observe, turns(settings.pulse_seconds))
    )
    try:
        yield vitals
    finally:
        stop.set()
        await cancel_and_wait(telling)
        await vitals.pulse.close()


def turns(seconds: float) -> Pauses:
    """Return the pauses of what is done every so many seconds, and a few times at the start."""
    return Pauses(
        idle_seconds=min(FIRST_SECONDS, seconds),
        idle_seconds_max=seconds,
        failure_seconds=FAILURE_SECONDS,
        failure_seconds_max=FAILURE_SECONDS_MAX,
    )


def tell_all(observers: Sequence[Observer], event: Event) -> None:
    """Tell several observers of an event."""
    for observe in observers:
        observe(event)
