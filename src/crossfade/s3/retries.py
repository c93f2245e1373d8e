"""Repeating a call that is safe to repeat, within its deadline."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from crossfade.errors import CrossfadeError
from crossfade.jobs.backoff import doubled_seconds
from crossfade.s3.errors import STORE_ERRORS, from_obstore, is_passing, late

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long and how often a call is tried.

    Attributes:
        timeout_seconds: deadline of the call, pauses included.
        attempt_timeout_seconds: deadline of one attempt.
        attempts_max: attempts in all.
        backoff_seconds: longest pause after the first attempt; doubles after each further one.
    """

    timeout_seconds: float
    attempt_timeout_seconds: float
    attempts_max: int
    backoff_seconds: float


async def persist(
    operation: str, attempt: Callable[[], Awaitable[Answer]], patience: RetryPolicy
) -> Answer:
    """Return the first success of `attempt`, which must be safe to repeat.

    Raises:
        CrossfadeError: the last failure, in Crossfade's own classes; at once when a repetition
            would fail the same way.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + patience.timeout_seconds
    attempts = 0
    while True:
        attempts += 1
        seconds = min(patience.attempt_timeout_seconds, deadline - clock())
        try:
            return await bounded(operation, attempt(), seconds)
        except CrossfadeError as failure:
            pause = pause_seconds(attempts, patience)
            exhausted = attempts >= patience.attempts_max or clock() + pause >= deadline
            if exhausted or not is_passing(failure):
                raise
        await asyncio.sleep(pause)


async def bounded(operation: str, call: Awaitable[Answer], seconds: float) -> Answer:
    """Await one request for so long, and report its failure in Crossfade's own classes."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise late(operation) from None
    except STORE_ERRORS as failure:
        raise from_obstore(operation, failure) from None


async def next_of(stream: AsyncIterator[Answer]) -> Answer | None:
    """Return a stream's next element, None at its end.

    The built-in `anext` with a default does not work on obstore's streams.
    """
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return None


def pause_seconds(attempts: int, patience: RetryPolicy) -> float:
    """Return how long to wait after so many attempts; random, so that clients spread out."""
    longest = doubled_seconds(patience.backoff_seconds, attempts, inf)
    return random.uniform(0, longest)  # noqa: S311 - guards nothing
