"""Repeats a step until it is told to stop; the one place that survives what should not happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from traceback import extract_tb

from crossfade.errors import CrossfadeError
from crossfade.events import LoopFailed
from crossfade.jobs.backoff import Backoff
from crossfade.jobs.tasks import sleep_unless
from crossfade.ports import Observer

Step = Callable[[], Awaitable[bool]]
"""Does one bounded batch; returns whether there was anything to do."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long a loop waits between steps; each pause doubles up to its longest.

    Attributes:
        idle_seconds: after a first step without work.
        idle_seconds_max: after many of them: how late work may be noticed.
        failure_seconds: after a step that raised.
        failure_seconds_max: after many of them.
    """

    idle_seconds: float = 0.01
    idle_seconds_max: float = 0.5
    failure_seconds: float = 0.5
    failure_seconds_max: float = 30.0


async def forever(
    name: str, step: Step, stop: asyncio.Event, observe: Observer, pauses: Pauses
) -> None:
    """Repeat `step` until `stop` is set: at once while there is work, else after a pause.

    A step that raises is reported and repeated: whatever it left undone is still in the ledger.
    """
    idle = Backoff(pauses.idle_seconds, pauses.idle_seconds_max)
    failing = Backoff(pauses.failure_seconds, pauses.failure_seconds_max)
    while not stop.is_set():
        try:
            busy = await step()
        except Exception as error:  # noqa: BLE001 - the loop outlives every step
            seconds = failing.next_seconds()
            observe(LoopFailed(name, type(error), _reason(error), seconds))
            await sleep_unless(stop, seconds)
            continue
        failing.reset()
        if busy:
            idle.reset()
        else:
            await sleep_unless(stop, idle.next_seconds())


def _reason(error: Exception) -> str:
    """Say what failed; a foreign error's message may quote a row, so only its place is told."""
    if isinstance(error, CrossfadeError):
        return str(error)
    place = extract_tb(error.__traceback__)[-1]
    return f"raised at {place.filename}:{place.lineno} in {place.name}"
