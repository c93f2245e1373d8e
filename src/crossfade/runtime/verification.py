"""The composition root of verification."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from psycopg_pool import AsyncConnectionPool

from crossfade import dynamo
from crossfade.jobs.loop import Pauses, forever
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.parity import continuous
from crossfade.parity.comparison.readers import Readers
from crossfade.parity.continuous import ContinuousRun
from crossfade.parity.examine import KeyChecker
from crossfade.parity.full_pass import OnProgress, PassLimits, run_full_pass
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.model import Run
from crossfade.parity.stores import VerificationStores
from crossfade.ports import Observer
from crossfade.postgres import (
    PoolOptions,
    PostgresCoverage,
    PostgresFindings,
    PostgresKeyStatuses,
    PostgresRuns,
    PostgresScan,
    PostgresSource,
    PostgresUnverified,
    open_pool,
)
from crossfade.runtime.heartbeat import open_heartbeat
from crossfade.runtime.resources import Resources, open_resources
from crossfade.settings import Settings
from crossfade.telemetry import log_event


class Verifier:
    """Verification in one process; made by `open_verifier`.

    It has its own connections, so that it cannot hold up the application or a relay.

    Attributes:
        resources: the open stores.
        source: the rows.
        checker: compares single keys.
        findings: the findings.
        runs: the runs.
        unverified: the keys that continuous verification has yet to compare.
        stores: what passes and continuous runs use.
    """

    def __init__(
        self,
        resources: Resources,
        replica: AsyncConnectionPool,
        mappings: Sequence[Mapping],
        observe: Observer,
    ) -> None:
        settings, pool = resources.settings, resources.pool
        readers = Readers(mappings)
        self.resources = resources
        self.source = PostgresSource(pool, mappings)
        self.checker = key_checker(resources, readers, mappings)
        self.findings = PostgresFindings(pool)
        self.runs = PostgresRuns(pool)
        self.unverified = PostgresUnverified(pool, readers.by_name)
        self.stores = VerificationStores(
            readers=readers,
            rows=PostgresScan(
                replica, mappings, source=pool, replay_seconds=settings.replica_wait_seconds
            ),
            table=dynamo.TableScan(
                resources.client,
                settings.dynamodb_table_name,
                units_per_second=settings.verify_read_units,
            ),
            objects=resources.objects,
            checker=self.checker,
            findings=self.findings,
            runs=self.runs,
            coverage=PostgresCoverage(pool),
            unverified=self.unverified,
            alarm=LagAlarm(self.unverified, settings.lag_alarm_seconds, observe),
            observe=observe,
        )
        self._limits = PassLimits(
            folder=Path(settings.verify_folder) if settings.verify_folder else None
        )

    async def run_full_pass(
        self,
        *,
        is_deep: bool = False,
        on_progress: OnProgress = lambda _: None,
        restart: bool = False,
    ) -> Run:
        """Compare everything once, or resume an unfinished pass.

        Args:
            is_deep: read and hash every object too.
            on_progress: called with the counts of the pass.
            restart: start a new pass in any case.

        Returns:
            The run; it names the mappings that were skipped because their tables have changed.

        Raises:
            SchemaChanged: every table has changed.
            TimedOut: the replica is too far behind.
            Unavailable: a store cannot be read.
        """
        return await run_full_pass(
            self.stores,
            is_deep=is_deep,
            limits=self._limits,
            on_progress=on_progress,
            restart=restart,
        )

    @asynccontextmanager
    async def continuous_run(self) -> AsyncIterator[ContinuousRun]:
        """Open a continuous run, whose steps the caller makes; it is closed at the end.

        Resumes the newest one if it was killed; its keys are in the ledger.

        Raises:
            Unavailable: the source cannot answer.
        """
        entities = sorted(self.stores.readers.by_name)
        started = await continuous.start_or_resume(self.runs, entities)
        run = ContinuousRun(self.stores, started)
        try:
            yield run
        finally:
            await run.finish()

    async def verify_continuously(self, stop: asyncio.Event) -> None:
        """Compare every key soon after its delivery until `stop` is set.

        Raises:
            Unavailable: the source cannot answer when the run begins or ends.
        """
        async with self.continuous_run() as run:
            await forever("verify", run.step, stop, self.stores.observe, Pauses())


def key_checker(resources: Resources, readers: Readers, mappings: Sequence[Mapping]) -> KeyChecker:
    """Return what compares single keys of some mappings."""
    return KeyChecker(
        readers=readers,
        statuses=PostgresKeyStatuses(resources.pool, mappings),
        source=PostgresSource(resources.pool, mappings),
        items=resources.target,
        objects=resources.objects,
    )


@asynccontextmanager
async def open_verifier(
    settings: Settings, mappings: Sequence[Mapping], observe: Observer = log_event
) -> AsyncIterator[Verifier]:
    """Connect to the stores to verify the rows of some mappings.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        mappings: the mappings of the rows that are compared.
        observe: called with every event; writes log lines by default.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    options = PoolOptions(statement_seconds=settings.verify_statement_seconds)
    async with AsyncExitStack() as stack:
        resources = await stack.enter_async_context(open_resources(settings, options))
        heartbeat = await stack.enter_async_context(
            open_heartbeat(settings, resources.pool, observe)
        )
        stack.enter_context(heartbeat.running_job("verify"))
        replica_dsn = settings.replica_url.get_secret_value()
        replica = resources.pool
        if replica_dsn:
            replica = await stack.enter_async_context(open_pool(replica_dsn, options))
        yield Verifier(resources, replica, mappings, observe)
