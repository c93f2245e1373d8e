"""Work: do what operators asked for, one request after the other.

Everything that can be asked for may be done twice, so a request whose worker died is simply begun
again by another one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from crossfade.errors import CrossfadeError, Unavailable
from crossfade.events import RequestEnded
from crossfade.jobs.tasks import cancel_and_wait
from crossfade.operations.ports import Requests
from crossfade.operations.requests import OperatorRequest, RequestState
from crossfade.ports import Observer

Tell = Callable[[str], None]
"""Says how far a task has come."""
Perform = Callable[[OperatorRequest, Tell], Awaitable[str]]
"""Does what a request asks for; returns how it ended."""

RENEWALS_PER_LEASE = 3


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker works with.

    Attributes:
        attempts_max: a request that ended so many workers is given up.
    """

    requests: Requests
    perform: Perform
    observe: Observer
    attempts_max: int = 3


async def step(parts: Parts) -> bool:
    """Do what the oldest request asks for; whether there was one.

    A step that is cancelled gives its request back.

    Raises:
        Unavailable: the requests cannot be read.
    """
    request = await parts.requests.take()
    if request is None:
        await parts.requests.forget_revealed()
        return False
    began = monotonic()
    state, outcome = await _perform(parts, request)
    await parts.requests.end(request.id, state, outcome)
    parts.observe(RequestEnded(request.id, request.kind, state, monotonic() - began))
    return True


async def _perform(parts: Parts, request: OperatorRequest) -> tuple[RequestState, str]:
    if request.attempts > parts.attempts_max:
        reason = f"given up: {parts.attempts_max} workers ended before it was done"
        return RequestState.FAILED, reason
    try:
        async with _kept(parts.requests, request) as tell:
            return RequestState.DONE, await parts.perform(request, tell)
    except CrossfadeError as error:
        return RequestState.FAILED, f"{type(error).__name__}: {error}"
    except asyncio.CancelledError:
        await asyncio.shield(parts.requests.end(request.id, RequestState.WAITING, None))
        raise


@asynccontextmanager
async def _kept(requests: Requests, request: OperatorRequest) -> AsyncIterator[Tell]:
    """Renew the lease of a request for the length of the block, telling how far it has come."""
    told: deque[str] = deque(maxlen=1)
    ended = asyncio.Event()
    renewing = asyncio.create_task(_renew(requests, request.id, told, ended))
    try:
        yield told.append
    finally:
        ended.set()
        await cancel_and_wait(renewing)


async def _renew(requests: Requests, number: int, told: deque[str], ended: asyncio.Event) -> None:
    while not ended.is_set():
        await asyncio.sleep(requests.lease_seconds / RENEWALS_PER_LEASE)
        try:
            await requests.renew(number, told[-1] if told else None)
        except Unavailable:
            continue  # the lease may yet be renewed in time; if not, another worker begins anew
