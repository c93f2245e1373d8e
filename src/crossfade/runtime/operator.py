"""The composition root of operators' requests: a worker that carries them out."""

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
from crossfade.runtime.heartbeat import open_heartbeat
from crossfade.runtime.repair import open_repair
from crossfade.runtime.verification import open_verifier
from crossfade.settings import Settings
from crossfade.telemetry import log_event

FINDINGS_PER_STEP = 200
REVEALED_SECONDS = 300.0


class Worker:
    """Carries out the requests of operators, with stores opened for each.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        application: the mappings of the rows that are verified and repaired.
        requests: the requests.
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
        self.job = work.WorkJob(requests, self.perform, observe)

    async def step(self) -> bool:
        """Carry out the oldest request; return whether there was one.

        Raises:
            Unavailable: the requests cannot be read.
        """
        return await work.step(self.job)

    async def perform(self, request: OperatorRequest, report: work.Report) -> str:
        """Carry out a request; return its outcome.

        Raises:
            CrossfadeError: it cannot be carried out.
        """
        match request.task:
            case Verify():
                return await self._verify(request.task, report)
            case Repair():
                return await self._repair(request, request.task, report)
            case Unpark():
                return await self._unpark(request.task)
            case Reveal():
                return await self._reveal(request, request.task)
            case _:
                assert_never(request.task)

    async def _verify(self, task: Verify, report: work.Report) -> str:
        mappings = self._application.choose(task.entities)
        async with open_verifier(self._settings, mappings, self._observe) as verifier:
            ended = await verifier.run_full_pass(
                is_deep=task.is_deep, on_progress=lambda tally: report(_progress(tally))
            )
            found = sum((await verifier.findings.open_counts(ended.asked)).values())
            outcome = (
                f"run {ended.id} compared {ended.tally.source_rows} rows: {found} open findings"
            )
            return outcome + _without([one.entity for one in ended.left_out])

    async def _repair(self, request: OperatorRequest, task: Repair, report: work.Report) -> str:
        who = f"{request.requested_by}, request {request.id}"
        closed = checked = 0
        skipped: set[str] = set()
        after = 0 if task.finding is None else task.finding - 1
        findings_max = FINDINGS_PER_STEP if task.finding is None else 1
        async with open_repair(self._settings, self._application, who, self._observe) as stores:
            while page := await repair.preview(stores, after=after, findings_max=findings_max):
                after = page[-1].finding.id
                if task.finding not in {None, after}:
                    break
                results = await repair.carry_out(stores, page)
                closed += sum(result.is_closed for result in results)
                checked += len(results)
                skipped |= {one.skipped.entity for one in results if one.skipped}
                report(f"{closed} of {checked} findings closed")
        return f"{closed} of {checked} findings closed{_without(sorted(skipped))}"

    async def _unpark(self, task: Unpark) -> str:
        key = Key(task.entity, task.key) if task.entity and task.key else None
        keys = await unpark(self._settings.dsn, entity=task.entity, key=key)
        return unparked(keys)

    async def _reveal(self, request: OperatorRequest, task: Reveal) -> str:
        mapping = self._application.find(task.entity)
        key = Key(mapping.name, task.key)
        async with open_verifier(self._settings, [mapping], self._observe) as verifier:
            (state,) = await verifier.source.fetch([key])
            item = await verifier.checker.read_item(key)
        row = None if isinstance(state, Deleted) else state.columns
        await self._requests.keep_revealed(request.id, revealed(row, item), REVEALED_SECONDS)
        return "shown to the operator who asked, and removed soon"


@asynccontextmanager
async def open_worker(
    settings: Settings, application: Application, observe: Observer = log_event
) -> AsyncIterator[Worker]:
    """Connect to the requests of operators; the worker has a heartbeat until the block ends.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        application: the mappings of the rows that are verified and repaired.
        observe: called with every event; writes log lines by default.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    async with (
        open_pool(settings.dsn) as pool,
        open_heartbeat(settings, pool, observe) as heartbeat,
    ):
        with heartbeat.running_job("work"):
            yield Worker(settings, application, PostgresRequests(pool), observe)


def _without(entities: Sequence[str]) -> str:
    """Name the skipped entities; `crossfade verify` and `crossfade repair` give the reasons."""
    return f"; skipped, because their tables changed: {', '.join(entities)}" if entities else ""


def _progress(tally: Tally) -> str:
    return f"{tally.source_rows} rows and {tally.target_items} items read"
