"""Repeats a step until it is told to stop; the one place that survives what should not happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from traceback import extract_tb

from crossfade.errors import CrossfadeError
from crossfade.events import LoopFailed
from crossfade.ports import Observer

FAILURE_PAUSE_SECONDS = 0.5
FAILURE_PAUSE_SECONDS_MAX = 30.0


async def forever(
    name: str,
    step: Callable[[], Awaitable[float]],
    stop: asyncio.Event,
    observe: Observer,
) -> None:
    """Repeat `step` until `stop` is set; the step returns the seconds to wait before the next.

    A step that raises is reported and repeated after a pause that doubles: whatever it left undone
    is still in the ledger.
    """
    failure_pause_seconds = FAILURE_PAUSE_SECONDS
    while not stop.is_set():
        try:
            pause_seconds = await step()
            failure_pause_seconds = FAILURE_PAUSE_SECONDS
        except Exception as error:  # noqa: BLE001 - the loop outlives every step
            pause_seconds = failure_pause_seconds
            failure_pause_seconds = min(failure_pause_seconds * 2, FAILURE_PAUSE_SECONDS_MAX)
            observe(LoopFailed(name, type(error).__name__, _reason(error), pause_seconds))
        if pause_seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_seconds)


def _reason(error: Exception) -> str:
    """Say what failed; a foreign error's message may quote a row, so only its place is told."""
    if isinstance(error, CrossfadeError):
        return str(error)
    place = extract_tb(error.__traceback__)[-1]
    return f"raised at {place.filename}:{place.lineno} in {place.name}"
