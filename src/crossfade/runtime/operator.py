"""The composition root of what operators ask for: wires the rooms into a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import assert_never

from crossfade.mapping.application import Application
from crossfade.mapping.state import Deleted, Key
from crossfade.operations import work
from crossfade.operations.requests import OperatorRequest, Repair, Reveal, Unpark, Verify, unparked
from crossfade.operations.reveal import revealed
from crossfade.parity.model import Tally
from crossfade.ports import Observer
from crossfade.postgres import open_pool, unpark
from crossfade.postgres.monitoring.requests import PostgresRequests
from crossfade.repair import repair
from crossfade.runtime.heartbeat import open_vitals
from crossfade.runtime.repair import open_repair
from crossfade.runtime.verification import open_verifier
from crossfade.settings import Settings
from crossfade.telemetry import log_event

FINDINGS_PER_STEP = 200
REVEALED_SECONDS = 300.0


class Worker:
    """Does what operators ask for, with stores opened for each request.

    Args:
        settings: from `crossfade.settings.load`, or made by hand.
        application: whose rows are verified and repaired.
        requests: what was asked for.
        observe: called with every event.
    """

    def __init__(
        self,
        settings: Settings,
        application: Application,
        requests: PostgresRequests,
        observe: Observer,
    ) -> None:
        self._settings = settings
        self._application = application
        self._requests = requests
        self._observe = observe
        self.parts = work.Parts(requests, self.perform, observe)

    async def step(self) -> bool:
        """Do what the oldest request asks for; whether there was one.

        Raises:
            Unavailable: the requests cannot be read.
        """
        return await work.step(self.parts)

    async def perform(self, request: OperatorRequest, tell: work.Tell) -> str:
        """Do what a request asks for.

        Raises:
            CrossfadeError: it cannot be done.
        """
        match request.task:
            case Verify():
                return await self._verify(request.task, tell)
            case Repair():
                return await self._repair(request, request.task, tell)
            case Unpark():
                return await self._unpark(request.task)
            case Reveal():
                return await self._reveal(request, request.task)
            case _:
                assert_never(request.task)

    async def _verify(self, task: Verify, tell: work.Tell) -> str:
        mappings = self._application.choose(task.entities)
        async with open_verifier(self._settings, mappings, self._observe) as verifier:
            ended = await verifier.run_full_pass(
                is_deep=task.is_deep, told=lambda tally: tell(_progress(tally))
            )
            found = sum((await verifier.findings.open_counts(ended.asked)).values())
            told = f"run {ended.id} compared {ended.tally.source_rows} rows: {found} open findings"
            return told + _without([one.entity for one in ended.left_out])

    async def _repair(self, request: OperatorRequest, task: Repair, tell: work.Tell) -> str:
        who = f"{request.requested_by}, request {request.id}"
        closed = looked_at = 0
        left_out: set[str] = set()
        after = 0 if task.finding is None else task.finding - 1
        findings_max = FINDINGS_PER_STEP if task.finding is None else 1
        async with open_repair(self._settings, self._application, who, self._observe) as route:
            while page := await repair.preview(route, after=after, findings_max=findings_max):
                after = page[-1].finding.id
                if task.finding not in {None, after}:
                    break
                results = await repair.carry_out(route, page)
                closed += sum(result.is_closed for result in results)
                looked_at += len(results)
                left_out |= {one.left_out.entity for one in results if one.left_out}
                tell(f"{closed} of {looked_at} findings closed")
        return f"{closed} of {looked_at} findings closed{_without(sorted(left_out))}"

    async def _unpark(self, task: Unpark) -> str:
        key = Key(task.entity, task.key) if task.entity and task.key else None
        keys = await unpark(self._settings.dsn, entity=task.entity, key=key)
        return unparked(keys)

    async def _reveal(self, request: OperatorRequest, task: Reveal) -> str:
        mapping = self._application.find(task.entity)
        key = Key(mapping.name, task.key)
        async with open_verifier(self._settings, [mapping], self._observe) as verifier:
            (state,) = await verifier.stores.source.fetch([key])
            item = await verifier.examiner.item(key)
        row = None if isinstance(state, Deleted) else state.columns
        await self._requests.keep_revealed(request.id, revealed(row, item), REVEALED_SECONDS)
        return "shown to the one who asked, and forgotten soon"


@asynccontextmanager
async def open_worker(
    settings: Settings, application: Application, observe: Observer = log_event
) -> AsyncIterator[Worker]:
    """Connect to the requests of operators, and tell of the worker until the block ends.

    Args:
        settings: from `crossfade.settings.load`, or made by hand.
        application: whose rows are verified and repaired.
        observe: called with every event; log lines unless given.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    async with open_pool(settings.dsn) as pool, open_vitals(settings, pool, observe) as vitals:
        with vitals.pulse.running_job("work"):
            yield Worker(settings, application, PostgresRequests(pool), observe)


def _without(entities: Sequence[str]) -> str:
    """Say which entities were left out; `crossfade verify` and `crossfade repair` say why."""
    return f"; left out, since their tables changed: {', '.join(entities)}" if entities else ""


def _progress(tally: Tally) -> str:
    return f"{tally.source_rows} rows and {tally.target_items} items read"
