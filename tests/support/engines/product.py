"""The whole product on real engines, each behind a fault proxy, for the tests of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg
from pydantic import SecretStr

from campaigns.actions import create_user
from campaigns.app import App, open_app
from campaigns.inputs import NewUser
from campaigns.mapping import APPLICATION
from crossfade.errors import Unavailable
from crossfade.events import Event
from crossfade.postgres import install
from crossfade.runtime.migration import Migration, open_migration
from crossfade.settings import Settings
from crossfade.testing import HttpProxy, TcpProxy
from crossfade.testing.audit import Audit, Stores, audit
from support.engines.clients import boto_client
from support.engines.values import Database, DynamoEngine, S3Engine

E = TypeVar("E", bound=Event)

DRAIN_SECONDS_MAX = 180.0
HASTY = {"target_timeout_seconds": 1.0, "object_timeout_seconds": 2.0}
"""Settings under which silent stores soon count as failed."""


@dataclass(frozen=True)
class RunningProduct:
    """An application with its migration.

    Attributes:
        user_id: the owner of what tests make.
        events: what was observed since it was opened, oldest first.
        direct: the database without a proxy.
        database, dynamo, s3: the proxies in front of the three engines; their records begin empty.
    """

    settings: Settings
    app: App
    migration: Migration
    user_id: str
    direct: Database
    database: TcpProxy
    dynamo: HttpProxy
    s3: HttpProxy
    stores: Stores
    events: list[Event] = field(default_factory=list)

    async def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a statement past the application and the proxy."""
        async with await psycopg.AsyncConnection.connect(self.direct.dsn) as connection:
            cursor = await connection.execute(statement.encode(), parameters or None)
            return await cursor.fetchall() if cursor.description else []

    async def dirty(self) -> int:
        """Count the keys that are not in the target yet, parked ones included."""
        ((count,),) = await self.sql("SELECT count(*) FROM crossfade.ledger WHERE version > acked")
        return int(count)

    async def drain(self, left: int = 0) -> None:
        """Run the relay's steps, as its loop does, until only so many keys are dirty."""
        async with asyncio.timeout(DRAIN_SECONDS_MAX):
            while await self.dirty() > left:
                with suppress(Unavailable):
                    if await self.migration.relay_step():
                        continue
                await asyncio.sleep(0.02)

    async def audit(self) -> Audit:
        """Compare every row with its item and objects, past all proxies."""
        return await asyncio.to_thread(audit, self.stores, APPLICATION.mappings)

    async def assert_equal(self) -> None:
        """Drain, then require that both stores hold the same."""
        await self.drain()
        result = await self.audit()
        assert result.is_clean, (result.entities, result.findings)

    def observed(self, *kinds: type[E]) -> list[E]:
        """Return the events of these kinds."""
        return [event for event in self.events if isinstance(event, kinds)]


def settings_of(
    database: Database, dynamo: DynamoEngine, s3: S3Engine, **overrides: Any
) -> Settings:
    """Return settings of these engines, with one name for table and bucket, and short pauses.

    Engines of a busy machine are slow, not silent: see `HASTY` for tests that wait for a timeout.
    """
    brisk = {
        "target_timeout_seconds": 20.0,
        "object_timeout_seconds": 20.0,
        "push_wait_seconds": 20.0,
        "drain_seconds": 1.0,
        "relay_grace_seconds": 0.0,
        "relay_idle_seconds": 0.05,
        "retry_base_seconds": 0.02,
        "retry_max_seconds": 0.2,
        "breaker_failures_max": 3,
        "breaker_pause_seconds": 0.05,
        "breaker_pause_seconds_max": 0.2,
        "park_after_faults": 2,
        "pulse_seconds": 0.0,
        "canary_seconds": 0.0,
    }
    return Settings(
        database_url=SecretStr(database.dsn),
        dynamodb_table_name=s3.bucket,
        s3_bucket_name=s3.bucket,
        s3_sse="none",
        aws_region=dynamo.region,
        aws_endpoint_url_dynamodb=dynamo.endpoint,
        aws_endpoint_url_s3=s3.endpoint,
        **{**brisk, **overrides},
    )


@asynccontextmanager
async def open_product(
    database: Database, dynamo: DynamoEngine, s3: S3Engine, **overrides: Any
) -> AsyncIterator[RunningProduct]:
    """Install on a migrated database, make a table, open everything behind proxies."""
    async with AsyncExitStack() as stack:
        postgres = urlsplit(database.dsn)
        assert postgres.hostname is not None
        assert postgres.port is not None
        before_postgres = await stack.enter_async_context(
            TcpProxy(postgres.hostname, postgres.port)
        )
        before_dynamo = await stack.enter_async_context(HttpProxy(dynamo.endpoint))
        before_s3 = await stack.enter_async_context(HttpProxy(s3.endpoint))
        proxied = database.dsn.replace(
            f"{postgres.hostname}:{postgres.port}", f"127.0.0.1:{before_postgres.port}"
        )
        settings = settings_of(
            replace(database, dsn=proxied),
            replace(dynamo, endpoint=before_dynamo.endpoint),
            replace(s3, endpoint=before_s3.endpoint),
            **overrides,
        )
        stores = Stores(database.dsn, boto_client(dynamo), s3.bucket, boto_client(s3), s3.bucket)
        create_table_with_index(stores.dynamodb, stores.table_name)
        await install(database.dsn, APPLICATION.mappings)
        events: list[Event] = []
        migration = await stack.enter_async_context(
            open_migration(settings, APPLICATION, events.append)
        )
        app = await stack.enter_async_context(
            open_app(proxied, migration.push, delivery_status=migration.delivery_status)
        )
        user = await create_user(app, NewUser(email="owner@example.org"))
        await migration.fast_path.drain(10)
        product = RunningProduct(
            settings=settings,
            app=app,
            migration=migration,
            user_id=user.id,
            direct=database,
            database=before_postgres,
            dynamo=before_dynamo,
            s3=before_s3,
            stores=stores,
            events=events,
        )
        await product.drain()
        for past in (events, before_dynamo.record.events, before_s3.record.events):
            past.clear()
        yield product


def create_table_with_index(client: Any, name: str) -> None:
    """Create a table with the application's keys and its index `gsi1`."""
    key_types = {"HASH": "pk", "RANGE": "sk"}

    def schema(prefix: str) -> Sequence[dict[str, str]]:
        return [
            {"AttributeName": f"{prefix}{name}", "KeyType": kind}
            for kind, name in key_types.items()
        ]

    names = [f"{prefix}{key}" for prefix in ("", "gsi1") for key in key_types.values()]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema(""),
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in names],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "gsi1",
                "KeySchema": schema("gsi1"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
