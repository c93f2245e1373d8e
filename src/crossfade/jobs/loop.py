"""A loop that repeats a step until it is stopped; the only place that catches every exception."""

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
"""Processes one bounded batch; returns whether there was work."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Pauses between the steps of a loop; each kind doubles up to its maximum.

    Attributes:
        idle_seconds: pause after a first step without work.
        idle_seconds_max: longest such pause: the delay with which new work may be found.
        failure_seconds: pause after a first step that raised.
        failure_seconds_max: longest such pause.
    """

    idle_seconds: float = 0.01
    idle_seconds_max: float = 0.5
    failure_seconds: float = 0.5
    failure_seconds_max: float = 30.0


async def forever(
    name: str, step: Step, stop: asyncio.Event, observe: Observer, pauses: Pauses
) -> None:
    """Repeat `step` until `stop` is set: immediately while there is work, else after a pause.

    A step that raises is reported and repeated: its unfinished work is still in the ledger.
    """
    idle = Backoff(pauses.idle_seconds, pauses.idle_seconds_max)
    failing = Backoff(pauses.failure_seconds, pauses.failure_seconds_max)
    while not stop.is_set():
        try:
            busy = await step()
        except Exception as error:  # noqa: BLE001 - the loop continues after any error
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
    """Return an error's message; of a foreign error, which may quote a row, only its place."""
    if isinstance(error, CrossfadeError):
        return str(error)
    place = extract_tb(error.__traceback__)[-1]
    return f"raised at {place.filename}:{place.lineno} in {place.name}"
