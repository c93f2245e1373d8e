"""The composition root: wires the rooms into what one process needs, and holds no logic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from crossfade import dynamo, s3
from crossfade.errors import ConfigurationError, CrossfadeError
from crossfade.jobs.breaker import Breaker, BreakerOptions
from crossfade.jobs.loop import Pauses, forever
from crossfade.jobs.tasks import cancel_and_wait
from crossfade.mapping.application import Application
from crossfade.mapping.canary import canary_beside
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import Key, Row
from crossfade.ports import Observer
from crossfade.postgres import (
    FeedOptions,
    PostgresFeed,
    PostgresSource,
    delivery_status,
    open_pool,
)
from crossfade.relay import delivery
from crossfade.relay.fast_path import FastPath
from crossfade.relay.status import DeliveryStatus
from crossfade.runtime.heartbeat import Vitals, open_vitals, tell_all, turns
from crossfade.settings import Settings
from crossfade.telemetry import log_event

PUSH_LANES = 2
LOCATE_SECONDS = 1.0
"""How long a page waits for the ledger at most."""
CENSUS_SECONDS = 3600.0
"""A census may read whole columns of a table."""


Locate = Callable[[str, Sequence[Sequence[str]], float], Awaitable[tuple[DeliveryStatus, ...]]]
"""Returns where rows stand: by the mapping's name, their primary keys, and how long it may take."""


@dataclass(frozen=True, slots=True)
class Clients:
    """The process's clients of the target."""

    dynamodb: dynamo.Client
    objects: s3.ObjectStore


class Migration:
    """One process's part in a migration: the fast path, and the relay if it runs one.

    Made by `open_migration`, once per process.

    Attributes:
        client: the process's DynamoDB client.
        objects: the store of large columns.
        transcripts: `upload_transcript` and `get_transcript`.
        route: where keys come from and where they go.
        vitals: what this process tells of itself.
    """

    def __init__(
        self,
        settings: Settings,
        application: Application,
        route: delivery.Route,
        clients: Clients,
        vitals: Vitals,
        locate: Locate,
    ) -> None:
        self._settings = settings
        self._application = application
        self.route = route
        self.vitals = vitals
        self._loop = asyncio.get_running_loop()
        self.client = clients.dynamodb
        self.objects = clients.objects
        self.transcripts = s3.Transcripts(clients.objects)
        self._locate = locate
        self._locating: set[asyncio.Task[tuple[DeliveryStatus, ...]]] = set()
        self.fast_path = FastPath(
            route.feed.dirty_keys_of,
            self._deliver,
            route.target_breaker,
            route.observe,
            rows_max=settings.push_queue_keys_max,
            batch_rows_max=settings.batch_keys_max,
        )

    async def push(self, entity: str, /, *primary_key: str, wait: bool = False) -> bool:
        """Hand a committed row over to the fast path. Never raises for a failing store.

        Args:
            entity: the mapping's name.
            primary_key: the row's primary key, each column as PostgreSQL prints it.
            wait: wait up to `push_wait_seconds` for the target to hold the row.

        Returns:
            Whether the row was taken, or with `wait` whether the target holds it. If not, the relay
            brings it.

        Raises:
            ConfigurationError: no mapping has this name, or its primary key has other columns.
        """
        row = self._row(entity, primary_key)
        if wait:
            return await self.fast_path.offer_and_wait(row, self._settings.push_wait_seconds)
        return self.fast_path.offer(row)

    def push_soon(self, entity: str, /, *primary_key: str) -> None:
        """Hand a committed row over from another thread, as synchronous code does.

        Raises:
            ConfigurationError: as `push`.
        """
        self._loop.call_soon_threadsafe(self.fast_path.offer, self._row(entity, primary_key))

    async def delivery_status(
        self, entity: str, primary_keys: Sequence[Sequence[str]], /
    ) -> tuple[DeliveryStatus, ...]:
        """Return where rows stand, in the order asked; one statement for all of them.

        Takes up to `LOCATE_SECONDS` and never raises for a failing store: then all are unknown.

        Args:
            entity: the mapping's name.
            primary_keys: of each row, its columns as PostgreSQL prints them.

        Raises:
            ConfigurationError: as `push`.
        """
        rows = [self._row(entity, key).primary_key for key in primary_keys]
        if not rows:
            return ()
        # Not awaited beyond its time: the driver may take seconds to give a hung connection up.
        asking = asyncio.create_task(self._ask(entity, rows))
        self._locating.add(asking)
        asking.add_done_callback(self._locating.discard)
        await asyncio.wait([asking], timeout=LOCATE_SECONDS)
        if asking.done():
            return asking.result()
        asking.cancel()
        return (DeliveryStatus.UNKNOWN,) * len(rows)

    async def _ask(self, entity: str, rows: Sequence[Sequence[str]]) -> tuple[DeliveryStatus, ...]:
        try:
            return await self._locate(entity, rows, LOCATE_SECONDS)
        except CrossfadeError:
            return (DeliveryStatus.UNKNOWN,) * len(rows)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the fast path in the background; at the end let it drain, then stop it."""
        stop = asyncio.Event()
        lanes = [
            asyncio.create_task(
                forever("push", self.fast_path.step, stop, self.route.observe, Pauses())
            )
            for _ in range(PUSH_LANES)
        ]
        try:
            with self.vitals.pulse.running_job("push"):
                yield
        finally:
            await self.fast_path.drain(self._settings.drain_seconds)
            stop.set()
            await cancel_and_wait(*lanes, *self._locating)

    async def run_relay(self, stop: asyncio.Event) -> None:
        """Deliver whatever is dirty until `stop` is set; any number of processes may do so.

        Meanwhile the canary is sent out every few seconds, unless the settings say otherwise.
        """
        pauses = Pauses(idle_seconds_max=self._settings.relay_idle_seconds)
        relaying = forever("relay", self.relay_step, stop, self.route.observe, pauses)
        with self.vitals.pulse.running_job("relay"):
            await asyncio.gather(relaying, self._send_canaries(stop))

    async def _send_canaries(self, stop: asyncio.Event) -> None:
        seconds = self._settings.canary_seconds
        if seconds:
            step = self.vitals.canary.step
            await forever("canary", step, stop, self.route.observe, turns(seconds))

    async def relay_step(self) -> bool:
        """Deliver one batch of dirty keys; whether there were any."""
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
        settings: from `crossfade.settings.load`, or made by hand.
        application: whose rows move.
        observe: called with every event; log lines unless given.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.dsn))
        vitals = await stack.enter_async_context(open_vitals(settings, pool, observe))
        tell = partial(tell_all, (observe, vitals.pulse.observe))
        mappings = (*application.mappings, canary_beside(application.mappings))
        feed = PostgresFeed(pool, [one.name for one in mappings], feed_options(settings))
        stack.push_async_callback(feed.aclose)
        client = dynamo.connect(dynamo_config(settings))
        stack.push_async_callback(client.close)
        objects = s3.ObjectStore(s3_config(settings))
        breakers = BreakerOptions(
            failures_max=settings.breaker_failures_max,
            pause_seconds=settings.breaker_pause_seconds,
            pause_seconds_max=settings.breaker_pause_seconds_max,
        )
        route = delivery.Route(
            feed=feed,
            source=PostgresSource(pool, mappings),
            target=dynamo.Target(client, settings.dynamodb_table_name),
            objects=objects,
            target_breaker=Breaker("dynamodb", breakers, tell),
            objects_breaker=Breaker("s3", breakers, tell),
            codecs={mapping.name: Codec(mapping) for mapping in mappings},
            observe=tell,
            worker="relay",
            deliveries_max=settings.deliveries_max,
        )
        clients, locate = Clients(client, objects), partial(delivery_status, pool)
        migration = Migration(settings, application, route, clients, vitals, locate)
        await stack.enter_async_context(migration.running())
        yield migration


def feed_options(settings: Settings) -> FeedOptions:
    """Return what the settings say about the ledger."""
    return FeedOptions(
        grace_seconds=settings.relay_grace_seconds,
        faults_max=settings.park_after_faults,
        retry_base_seconds=settings.retry_base_seconds,
        retry_max_seconds=settings.retry_max_seconds,
    )


def dynamo_config(settings: Settings) -> dynamo.Config:
    """Return what the settings say about DynamoDB."""
    return dynamo.Config(
        region=settings.aws_region,
        endpoint=settings.aws_endpoint_url_dynamodb,
        timeout_seconds=settings.target_timeout_seconds,
        attempt_timeout_seconds=settings.target_timeout_seconds,
    )


def s3_config(settings: Settings) -> s3.Config:
    """Return what the settings say about S3."""
    endpoint = settings.aws_endpoint_url_s3
    return s3.Config(
        bucket=settings.s3_bucket_name,
        region=settings.aws_region,
        endpoint=endpoint,
        allow_http=endpoint is not None and endpoint.startswith("http://"),
        encryption=s3.Encryption(settings.s3_sse),
        kms_key_id=settings.s3_kms_key_id,
        timeout_seconds=settings.object_timeout_seconds,
    )
