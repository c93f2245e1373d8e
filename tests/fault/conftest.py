"""The whole product on real engines, for tests of the protocol."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from campaigns.database import migrate
from engines.clients import boto_client
from engines.databases import Cluster
from engines.house import House
from engines.values import Database, S3Engine
from engines.world import World, open_world


def _fill(database: Database) -> None:
    asyncio.run(migrate(database.dsn))


@pytest.fixture
def migrated(cluster: Cluster) -> Iterator[Database]:
    """A fresh database with the application's tables."""
    database = cluster.create_filled("campaigns", _fill)
    yield database
    cluster.drop(database)


@pytest.fixture
def bucket(house: House) -> S3Engine:
    """A bucket of this test on ministack."""
    engine = house.s3("ministack", bucket=f"test-{uuid.uuid4().hex}")
    boto_client(engine).create_bucket(Bucket=engine.bucket)
    return engine


@pytest.fixture
async def world(
    migrated: Database, house: House, bucket: S3Engine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Everything installed and running, on ministack."""
    dynamo = house.dynamo("ministack")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", dynamo.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", dynamo.secret_key)
    async with open_world(migrated, dynamo, bucket) as world:
        yield world
