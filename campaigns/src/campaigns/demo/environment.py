"""The environment of the demonstration: engines, migration, application and log."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import botocore.session
import psycopg

from campaigns.app import App, open_app
from campaigns.embedded import NAME, open_stores, settings_of
from campaigns.mapping import APPLICATION
from crossfade import Migration, Settings, open_migration, postgres
from crossfade.local import Lifetime, LocalServices
from crossfade.telemetry import configure_logs
from crossfade.testing import HttpProxy
from crossfade.testing.audit import Stores


@dataclass(frozen=True)
class DemoEnvironment:
    """The open parts of the demonstration.

    Attributes:
        engines: the running engines.
        network: the proxy between the application and DynamoDB.
        settings: settings that lead through the proxy.
        migration: the open migration.
        app: the open application.
        user_id: owner of the sample campaigns.
        stores: clients of the audit, which bypass the proxy.
        log: the JSON log lines so far.
    """

    engines: LocalServices
    network: HttpProxy
    settings: Settings
    migration: Migration
    app: App
    user_id: str
    stores: Stores
    log: StringIO

    async def dirty(self) -> int:
        """Return the number of keys that are not delivered yet."""
        return sum(entity.dirty for entity in await postgres.status(self.engines.dsn))

    async def rows(self) -> int:
        """Return the number of rows of all mapped tables."""
        tables = (mapping.table for mapping in APPLICATION.mappings)
        counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608 - names of the mappings
        async with await psycopg.AsyncConnection.connect(self.engines.dsn) as connection:
            row = await (await connection.execute(f"SELECT {counts}".encode())).fetchone()
        return int(row[0]) if row else 0

    def object_keys(self) -> frozenset[str]:
        """Return the keys of all stored objects."""
        pages = self.stores.s3.get_paginator("list_objects_v2").paginate(Bucket=NAME)
        return frozenset(one["Key"] for page in pages for one in page.get("Contents", ()))

    def log_lines(self, event: str) -> list[str]:
        """Return the log lines of an event."""
        return [line for line in self.log.getvalue().splitlines() if f'"{event}"' in line]


@asynccontextmanager
async def open_engines(*, keep: bool) -> AsyncIterator[LocalServices]:
    """Start the engines in a new folder; with `keep`, engines and folder outlive the block."""
    lifetime = Lifetime.DETACHED if keep else Lifetime.TIED
    with _folder(keep=keep) as folder:
        async with open_stores(folder, lifetime=lifetime) as engines:
            yield engines


@asynccontextmanager
async def open_environment(engines: LocalServices, user_id: str) -> AsyncIterator[DemoEnvironment]:
    """Install the capture, then run a relay and open the application."""
    log = StringIO()
    configure_logs("json", log)
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(HttpProxy(engines.endpoint))
        settings = settings_of(engines, network.endpoint)
        await postgres.install(engines.dsn, APPLICATION.mappings)
        migration = await stack.enter_async_context(open_migration(settings, APPLICATION))
        await stack.enter_async_context(_relaying(migration))
        app = await stack.enter_async_context(open_app(engines.dsn, migration.push))
        yield DemoEnvironment(
            engines, network, settings, migration, app, user_id, _stores(engines), log
        )


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """Create a folder for the engines' data; remove it at the end unless `keep` is set."""
    folder = Path(tempfile.mkdtemp(prefix="crossfade-demo-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _relaying(migration: Migration) -> AsyncIterator[None]:
    """Run a relay in this process, as `crossfade relay` does in a separate one."""
    stop = asyncio.Event()
    task = asyncio.create_task(migration.run_relay(stop))
    try:
        yield
    finally:
        stop.set()
        await task


def _stores(engines: LocalServices) -> Stores:
    """Return the clients of the audit: botocore's, without the proxy."""
    session = botocore.session.get_session()
    region = engines.environment["AWS_REGION"]
    return Stores(
        dsn=engines.dsn,
        dynamodb=session.create_client("dynamodb", region, endpoint_url=engines.endpoint),
        table_name=NAME,
        s3=session.create_client("s3", region, endpoint_url=engines.endpoint),
        bucket=NAME,
    )
