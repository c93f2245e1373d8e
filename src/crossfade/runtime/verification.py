"""The composition root of verification: wires the rooms into a verifier, and holds no logic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from psycopg_pool import AsyncConnectionPool

from crossfade import dynamo, s3
from crossfade.jobs.loop import Pauses, forever
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.parity import continuous, full_pass
from crossfade.parity.comparison.readers import Readers
from crossfade.parity.examine import KeyChecker, Stores
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.model import Run
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
from crossfade.runtime.heartbeat import open_vitals
from crossfade.runtime.migration import dynamo_config, s3_config
from crossfade.settings import Settings
from crossfade.telemetry import log_event


class Verifier:
    """What one process needs to verify; made by `open_verifier`.

    It has connections of its own, so that nothing it does can hold up the application or a relay.

    Attributes:
        source: connections to the source.
        parts: what a pass reads and where it writes.
        examiner: looks at single keys.
        findings: what was found.
        runs: the passes.
        unverified: the keys that continuous verification has still to look at.
    """

    def __init__(
        self,
        settings: Settings,
        mappings: Sequence[Mapping],
        pools: tuple[AsyncConnectionPool, AsyncConnectionPool],
        client: dynamo.Client,
        observe: Observer,
    ) -> None:
        self.source, self._replica = pools
        objects = s3.ObjectStore(s3_config(settings))
        self.stores = Stores(
            readers=Readers(mappings),
            key_statuses=PostgresKeyStatuses(self.source, mappings),
            source=PostgresSource(self.source, mappings),
            items=dynamo.Target(client, settings.dynamodb_table_name),
            objects=objects,
        )
        self.examiner = KeyChecker(self.stores)
        self.findings = PostgresFindings(self.source)
        self.runs = PostgresRuns(self.source)
        self.unverified = PostgresUnverified(self.source, self.stores.readers.by_name)
        self.alarm = LagAlarm(self.unverified, settings.lag_alarm_seconds, observe)
        self.parts = full_pass.Parts(
            readers=self.stores.readers,
            rows=PostgresScan(
                self._replica,
                mappings,
                source=self.source,
                replay_seconds=settings.replica_wait_seconds,
            ),
            table=dynamo.TableScan(
                client,
                settings.dynamodb_table_name,
                units_per_second=settings.verify_read_units,
            ),
            objects=objects,
            examiner=self.examiner,
            findings=self.findings,
            runs=self.runs,
            coverage=PostgresCoverage(self.source),
            unverified=self.unverified,
            alarm=self.alarm,
            observe=observe,
            folder=Path(settings.verify_folder) if settings.verify_folder else None,
        )

    async def run_full_pass(
        self,
        *,
        is_deep: bool = False,
        told: full_pass.Told = lambda _: None,
        restart: bool = False,
    ) -> Run:
        """Compare everything once, or go on with a pass that did not come to its end.

        Args:
            is_deep: read and hash every object too.
            told: hears how far the pass has come.
            restart: begin anew in any case.

        Returns:
            The run; it names the mappings that were left out, since their tables have changed.

        Raises:
            SchemaChanged: every table has changed.
            TimedOut: the replica is too far behind.
            Unavailable: a store cannot be read.
        """
        return await full_pass.run_full_pass(
            self.parts, is_deep=is_deep, told=told, restart=restart
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[continuous.ContinuousRun]:
        """Open a continuous run, whose steps the caller makes; closed at the end.

        Goes on with the newest one if that was killed; its keys are in the ledger.

        Raises:
            Unavailable: the source cannot answer.
        """
        parts = continuous.Parts(
            unverified=self.unverified,
            examiner=self.examiner,
            findings=self.findings,
            runs=self.runs,
            alarm=self.alarm,
            observe=self.parts.observe,
        )
        entities = sorted(self.stores.readers.by_name)
        run = await continuous.start_or_resume(self.runs, entities)
        one = continuous.ContinuousRun(parts, run)
        try:
            yield one
        finally:
            await one.finish()

    async def run_watch(self, stop: asyncio.Event) -> None:
        """Verify every key soon after its delivery until `stop` is set.

        Raises:
            Unavailable: the source cannot answer when the run begins or ends.
        """
        async with self.watching() as one:
            await forever("verify", one.step, stop, self.parts.observe, Pauses())


@asynccontextmanager
async def open_verifier(
    settings: Settings, mappings: Sequence[Mapping], observe: Observer = log_event
) -> AsyncIterator[Verifier]:
    """Connect to the stores to verify the rows of some mappings.

    Args:
        settings: from `crossfade.settings.load`, or made by hand.
        mappings: whose rows are compared.
        observe: called with every event; log lines unless given.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    options = PoolOptions(statement_seconds=settings.verify_statement_seconds)
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(open_pool(settings.dsn, options))
        vitals = await stack.enter_async_context(open_vitals(settings, source, observe))
        stack.enter_context(vitals.pulse.running_job("verify"))
        replica_dsn = settings.replica_url.get_secret_value()
        replica = source
        if replica_dsn:
            replica = await stack.enter_async_context(open_pool(replica_dsn, options))
        client = dynamo.connect(dynamo_config(settings))
        stack.push_async_callback(client.close)
        yield Verifier(settings, mappings, (source, replica), client, observe)
