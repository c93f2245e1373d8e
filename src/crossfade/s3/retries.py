"""Retrying a call that is safe to repeat, within its deadline."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from crossfade.errors import CrossfadeError
from crossfade.jobs.backoff import doubled_seconds
from crossfade.s3.errors import STORE_ERRORS, from_obstore, is_transient, timed_out

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Deadlines, the number of attempts, and exponential backoff with full jitter between them.

    Each pause is random, evenly distributed between 0 and a ceiling. With `backoff_seconds` of 0.1
    the ceilings are 0.1 s, 0.2 s, 0.4 s, … A pause that would exceed the deadline ends the call
    with its last failure instead.

    Attributes:
        timeout_seconds: deadline of the call, pauses included.
        attempt_timeout_seconds: deadline of one attempt.
        attempts_max: attempts of one call, the first included.
        backoff_seconds: the ceiling of the pause after the first attempt; it doubles with each
            attempt.
    """

    timeout_seconds: float
    attempt_timeout_seconds: float
    attempts_max: int
    backoff_seconds: float


async def retry(
    operation: str, attempt: Callable[[], Awaitable[Answer]], policy: RetryPolicy
) -> Answer:
    """Return the result of the first attempt that succeeds.

    Args:
        operation: the operation's name, for messages.
        attempt: makes one request; must be idempotent.
        policy: when to stop.

    Raises:
        CrossfadeError: the last failure, translated; the first one if it is not transient.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + policy.timeout_seconds
    attempts = 0
    while True:
        attempts += 1
        seconds = min(policy.attempt_timeout_seconds, deadline - clock())
        try:
            return await with_timeout(operation, attempt(), seconds)
        except CrossfadeError as failure:
            pause = pause_seconds(attempts, policy)
            exhausted = attempts >= policy.attempts_max or clock() + pause >= deadline
            if exhausted or not is_transient(failure):
                raise
        await asyncio.sleep(pause)


async def with_timeout(operation: str, call: Awaitable[Answer], seconds: float) -> Answer:
    """Return the result of one request.

    Args:
        operation: the operation's name, for messages.
        call: the request.
        seconds: its deadline.

    Raises:
        TimedOut: the deadline passed.
        CrossfadeError: the request's failure, translated.
    """
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise timed_out(operation) from None
    except STORE_ERRORS as failure:
        raise from_obstore(operation, failure) from None


async def next_of(stream: AsyncIterator[Answer]) -> Answer | None:
    """Return a stream's next element, None at its end.

    The built-in `anext` with a default does not work with obstore's streams.
    """
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return None


def pause_seconds(attempts: int, policy: RetryPolicy) -> float:
    """Return the pause after this many attempts, drawn with full jitter."""
    ceiling = doubled_seconds(policy.backoff_seconds, attempts, inf)
    return random.uniform(0, ceiling)  # noqa: S311 - full jitter, not a secret
