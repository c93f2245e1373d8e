"""Where the demonstration plays: engines, migration and application, and what was logged."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import botocore.session
from pydantic import SecretStr

from campaigns.actions import create_user
from campaigns.app import App, open_app
from campaigns.database import migrate
from campaigns.inputs import NewUser
from campaigns.mapping import APPLICATION
from crossfade import dynamo, postgres, s3
from crossfade.local import Lifetime, LocalStack, local_stack
from crossfade.migration import Migration, dynamo_config, open_migration, s3_config
from crossfade.settings import Settings
from crossfade.telemetry import configure_logs, log_event
from crossfade.testing import HttpProxy
from crossfade.testing.audit import Stores

NAME = "campaigns"


@dataclass(frozen=True)
class Stage:
    """Everything on the stage.

    Attributes:
        network: what stands between the application and DynamoDB.
        log: the log lines so far, JSON.
    """

    folder: Path
    engines: LocalStack
    network: HttpProxy
    settings: Settings
    migration: Migration
    app: App
    user_id: str
    stores: Stores
    log: StringIO

    async def dirty(self) -> int:
        """Count the keys that are not in the target yet."""
        return sum(entity.dirty for entity in await postgres.status(self.engines.dsn))

    def object_keys(self) -> frozenset[str]:
        """Return the keys of all objects."""
        pages = self.stores.s3.get_paginator("list_objects_v2").paginate(Bucket=NAME)
        return frozenset(one["Key"] for page in pages for one in page.get("Contents", ()))

    def log_lines(self, event: str) -> list[str]:
        """Return the lines of one kind of event."""
        return [line for line in self.log.getvalue().splitlines() if f'"{event}"' in line]


@asynccontextmanager
async def open_stage(*, keep: bool) -> AsyncIterator[Stage]:
    """Start everything; at the end stop it, or with `keep` leave the engines running."""
    folder = Path(tempfile.mkdtemp(prefix="crossfade-demo-"))
    log = StringIO()
    configure_logs("json", log)
    async with AsyncExitStack() as stack:
        lifetime = Lifetime.DETACHED if keep else Lifetime.TIED
        engines = await stack.enter_async_context(local_stack(folder, lifetime=lifetime))
        os.environ.update(engines.environment)
        network = await stack.enter_async_context(HttpProxy(engines.endpoint))
        settings = _settings(engines, network)
        await migrate(engines.dsn)
        await dynamo.create_table(
            dynamo_config(settings),
            dynamo.Plan(NAME, indexes=(dynamo.Index(),), deletion_protection=False),
        )
        await s3.create(s3_config(settings))
        await postgres.install(engines.dsn, APPLICATION.mappings)
        migration = await stack.enter_async_context(
            open_migration(settings, APPLICATION, log_event)
        )
        await stack.enter_async_context(_relaying(migration))
        app = await stack.enter_async_context(open_app(engines.dsn, migration.push))
        user = await create_user(app, NewUser(email="mira@example.org", name="Mira"))
        yield Stage(
            folder=folder,
            engines=engines,
            network=network,
            settings=settings,
            migration=migration,
            app=app,
            user_id=user.id,
            stores=_stores(engines),
            log=log,
        )


@asynccontextmanager
async def _relaying(migration: Migration) -> AsyncIterator[None]:
    """Run a relay beside the application, as `crossfade relay` does in a process of its own."""
    stop = asyncio.Event()
    task = asyncio.create_task(migration.run_relay(stop))
    try:
        yield
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await task


def _settings(engines: LocalStack, network: HttpProxy) -> Settings:
    return Settings(
        database_url=SecretStr(engines.dsn),
        dynamodb_table_name=NAME,
        s3_bucket_name=NAME,
        aws_region=engines.environment["AWS_REGION"],
        aws_endpoint_url_dynamodb=network.endpoint,
        aws_endpoint_url_s3=engines.endpoint,
        target_timeout_seconds=2.0,
        object_timeout_seconds=5.0,
        retry_max_seconds=2.0,
        breaker_pause_seconds=0.5,
        breaker_pause_seconds_max=2.0,
    )


def _stores(engines: LocalStack) -> Stores:
    """Return what the audit reads through: AWS's own clients, past the proxy."""
    session = botocore.session.get_session()
    region = engines.environment["AWS_REGION"]
    return Stores(
        dsn=engines.dsn,
        dynamodb=session.create_client("dynamodb", region, endpoint_url=engines.endpoint),
        table_name=NAME,
        s3=session.create_client("s3", region, endpoint_url=engines.endpoint),
        bucket=NAME,
    )
