"""Repeats a step until it is told to stop; the one place that survives what should not happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from traceback import extract_tb

from crossfade.errors import CrossfadeError
from crossfade.events import LoopFailed
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
    idle_seconds = failure_seconds = 0.0
    while not stop.is_set():
        try:
            busy = await step()
        except Exception as error:  # noqa: BLE001 - the loop outlives every step
            failure_seconds = min(
                failure_seconds * 2 or pauses.failure_seconds, pauses.failure_seconds_max
            )
            observe(LoopFailed(name, type(error).__name__, _reason(error), failure_seconds))
            await _pause(stop, failure_seconds)
            continue
        failure_seconds = 0.0
        if busy:
            idle_seconds = 0.0
        else:
            idle_seconds = min(idle_seconds * 2 or pauses.idle_seconds, pauses.idle_seconds_max)
            await _pause(stop, idle_seconds)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def _reason(error: Exception) -> str:
    """Say what failed; a foreign error's message may quote a row, so only its place is told."""
    if isinstance(error, CrossfadeError):
        return str(error)
    place = extract_tb(error.__traceback__)[-1]
    return f"raised at {place.filename}:{place.lineno} in {place.name}"
