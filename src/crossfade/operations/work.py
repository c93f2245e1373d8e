"""The worker: carry out what operators requested, one request after the other.

Every task may be carried out twice, so a request whose worker died is begun again by another one.
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
from crossfade.jobs.tasks import cancel_and_wait, sleep_unless
from crossfade.operations.ports import Requests
from crossfade.operations.requests import OperatorRequest, RequestState
from crossfade.ports import Observer

Report = Callable[[str], None]
"""Reports the progress of a task."""
Perform = Callable[[OperatorRequest, Report], Awaitable[str]]
"""Carries out a request; returns its outcome."""

RENEWALS_PER_LEASE = 3


@dataclass(frozen=True, slots=True)
class WorkJob:
    """What a worker needs.

    Attributes:
        attempts_max: a request that ended so many workers is given up.
    """

    requests: Requests
    perform: Perform
    observe: Observer
    attempts_max: int = 3


async def step(job: WorkJob) -> bool:
    """Carry out the oldest request; return whether there was one.

    A step that is cancelled gives its request back.

    Raises:
        Unavailable: the requests cannot be read.
    """
    request = await job.requests.take()
    if request is None:
        await job.requests.forget_revealed()
        return False
    began = monotonic()
    state, outcome = await _perform(job, request)
    await job.requests.end(request.id, state, outcome)
    job.observe(RequestEnded(request.id, request.kind, state, monotonic() - began))
    return True


async def _perform(job: WorkJob, request: OperatorRequest) -> tuple[RequestState, str]:
    if request.attempts > job.attempts_max:
        reason = f"given up: {job.attempts_max} workers ended before it was done"
        return RequestState.FAILED, reason
    try:
        async with _lease(job.requests, request) as report:
            return RequestState.DONE, await job.perform(request, report)
    except CrossfadeError as error:
        return RequestState.FAILED, f"{type(error).__name__}: {error}"
    except asyncio.CancelledError:
        await asyncio.shield(job.requests.end(request.id, RequestState.WAITING, None))
        raise


@asynccontextmanager
async def _lease(requests: Requests, request: OperatorRequest) -> AsyncIterator[Report]:
    """Renew the lease of a request until the block ends, with the newest report of its progress."""
    reports: deque[str] = deque(maxlen=1)
    ended = asyncio.Event()
    renewing = asyncio.create_task(_renew(requests, request.id, reports, ended))
    try:
        yield reports.append
    finally:
        ended.set()
        await cancel_and_wait(renewing)


async def _renew(
    requests: Requests, number: int, reports: deque[str], ended: asyncio.Event
) -> None:
    while await sleep_unless(ended, requests.lease_seconds / RENEWALS_PER_LEASE):
        try:
            await requests.renew(number, reports[-1] if reports else None)
        except Unavailable:
            continue  # a later renewal may come in time; if not, another worker begins again
