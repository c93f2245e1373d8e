"""The application's handle on a migration: the fast path, and the relay if the process runs one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from crossfade import s3
from crossfade.errors import ConfigurationError, CrossfadeError
from crossfade.jobs.loop import Pauses, forever
from crossfade.jobs.tasks import cancel_and_wait
from crossfade.mapping.application import Application
from crossfade.mapping.canary import canary_for
from crossfade.mapping.state import Key, Row
from crossfade.ports import Observer
from crossfade.postgres import PostgresCanary, PostgresHeartbeat, delivery_status
from crossfade.relay import delivery
from crossfade.relay.fast_path import FastPath
from crossfade.relay.status import DeliveryStatus
from crossfade.runtime.delivery import open_route
from crossfade.runtime.heartbeat import open_heartbeat, pauses_of, report_to_all
from crossfade.runtime.resources import Resources, open_resources
from crossfade.settings import Settings
from crossfade.telemetry import log_event

PUSH_WORKERS = 2
STATUS_SECONDS = 1.0
"""The longest that a page waits for the ledger."""


class Migration:
    """The part of one process in a migration; made by `open_migration`, once per process.

    Attributes:
        resources: the open stores.
        client: the process's DynamoDB client.
        objects: the store of large columns.
        transcripts: `upload_transcript` and `get_transcript`.
        route: the route from the source to the target.
        heartbeat: what this process reports of itself.
    """

    def __init__(
        self,
        resources: Resources,
        application: Application,
        route: delivery.Route,
        heartbeat: PostgresHeartbeat,
    ) -> None:
        self._settings = resources.settings
        self._application = application
        self.resources = resources
        self.route = route
        self.heartbeat = heartbeat
        self.client = resources.client
        self.objects = resources.objects
        self.transcripts = s3.Transcripts(resources.objects)
        self.fast_path = FastPath(
            route.feed.dirty_keys_of,
            self._deliver,
            route.target_breaker,
            route.observe,
            rows_max=self._settings.push_queue_keys_max,
            batch_rows_max=self._settings.batch_keys_max,
        )
        self._loop = asyncio.get_running_loop()
        self._status_reads: set[asyncio.Task[tuple[DeliveryStatus, ...]]] = set()

    async def push(self, entity: str, /, *primary_key: str, wait: bool = False) -> bool:
        """Hand a committed row to the fast path. Never raises for a failing store.

        Args:
            entity: the mapping's name.
            primary_key: the row's primary key, each column as PostgreSQL prints it.
            wait: wait up to `push_wait_seconds` until the target has the row.

        Returns:
            Whether the fast path took the row, or with `wait` whether the target has it. If not,
            the relay delivers it.

        Raises:
            ConfigurationError: no mapping has this name, or its primary key has other columns.
        """
        row = self._row(entity, primary_key)
        if wait:
            return await self.fast_path.offer_and_wait(row, self._settings.push_wait_seconds)
        return self.fast_path.offer(row)

    def push_soon(self, entity: str, /, *primary_key: str) -> None:
        """Hand a committed row to the fast path from another thread, for synchronous code.

        Raises:
            ConfigurationError: as `push`.
        """
        self._loop.call_soon_threadsafe(self.fast_path.offer, self._row(entity, primary_key))

    async def delivery_status(
        self, entity: str, primary_keys: Sequence[Sequence[str]], /
    ) -> tuple[DeliveryStatus, ...]:
        """Return the delivery status of rows, in the order of `primary_keys`, by one statement.

        Takes up to `STATUS_SECONDS` and never raises for a failing store: then all are unknown.

        Args:
            entity: the mapping's name.
            primary_keys: each row's primary key, its columns as PostgreSQL prints them.

        Raises:
            ConfigurationError: as `push`.
        """
        rows = [self._row(entity, key).primary_key for key in primary_keys]
        if not rows:
            return ()
        # Not awaited any longer: the driver may take seconds to give up a connection that hangs.
        read = asyncio.create_task(self._read_status(entity, rows))
        self._status_reads.add(read)
        read.add_done_callback(self._status_reads.discard)
        await asyncio.wait([read], timeout=STATUS_SECONDS)
        if read.done():
            return read.result()
        read.cancel()
        return (DeliveryStatus.UNKNOWN,) * len(rows)

    async def _read_status(
        self, entity: str, rows: Sequence[Sequence[str]]
    ) -> tuple[DeliveryStatus, ...]:
        try:
            return await delivery_status(self.resources.pool, entity, rows, STATUS_SECONDS)
        except CrossfadeError:
            return (DeliveryStatus.UNKNOWN,) * len(rows)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the fast path in the background; at the end drain it, then stop it."""
        stop = asyncio.Event()
        workers = [
            asyncio.create_task(
                forever("push", self.fast_path.step, stop, self.route.observe, Pauses())
            )
            for _ in range(PUSH_WORKERS)
        ]
        try:
            with self.heartbeat.running_job("push"):
                yield
        finally:
            await self.fast_path.drain(self._settings.drain_seconds)
            stop.set()
            await cancel_and_wait(*workers, *self._status_reads)

    async def run_relay(self, stop: asyncio.Event) -> None:
        """Deliver dirty keys until `stop` is set; any number of processes may do so.

        Meanwhile the canary is written every few seconds, unless the settings switch it off.
        """
        pauses = Pauses(idle_seconds_max=self._settings.relay_idle_seconds)
        relaying = forever("relay", self.relay_step, stop, self.route.observe, pauses)
        with self.heartbeat.running_job("relay"):
            await asyncio.gather(relaying, self._send_canaries(stop))

    async def _send_canaries(self, stop: asyncio.Event) -> None:
        seconds = self._settings.canary_seconds
        if seconds:
            step = PostgresCanary(self.resources.pool, seconds).step
            await forever("canary", step, stop, self.route.observe, pauses_of(seconds))

    async def relay_step(self) -> bool:
        """Deliver one batch of dirty keys; return whether there were any."""
        report = await delivery.step(self.route, keys_max=self._settings.batch_keys_max)
        return bool(report.outcomes)

    async def _deliver(self, keys: Sequence[Key]) -> frozenset[Key]:
        return (await delivery.deliver(replace(self.route, worker="push"), keys)).settled

    def _row(self, entity: str, primary_key: Sequence[str]) -> Row:
        mapping = self._application.by_name.get(entity)
        if mapping is None or len(mapping.primary_key) != len(primary_key):
            known = "; ".join(
                f"{one.name} ({', '.join(one.primary_key)})" for one in self._application.mappings
            )
            raise ConfigurationError(
                f"push: no mapping {entity!r} with {len(primary_key)} key columns; known: {known}"
            )
        return Row(entity, tuple(primary_key))


@asynccontextmanager
async def open_migration(
    settings: Settings, application: Application, observe: Observer = log_event
) -> AsyncIterator[Migration]:
    """Connect to both stores and start the fast path; once per process.

    At the end the fast path drains for up to `drain_seconds`. What is left then is in the ledger.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        application: the mappings of the rows that move.
        observe: called with every event; writes log lines by default.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    mappings = (*application.mappings, canary_for(application.mappings))
    async with (
        open_resources(settings) as resources,
        open_heartbeat(settings, resources.pool, observe) as heartbeat,
    ):
        counted = partial(report_to_all, (observe, heartbeat.observe))
        async with open_route(resources, mappings, counted) as route:
            migration = Migration(resources, application, route, heartbeat)
            async with migration.running():
                yield migration
