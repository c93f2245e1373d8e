"""Verification stays within what it was given, and gives way to who locks a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from crossfade.dynamo import TableScan
from crossfade.errors import TimedOut
from support.engines.values import Database, DynamoEngine, S3Engine
from support.verification import Stage, open_stage


@pytest.fixture
async def stage(
    database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[Stage]:
    del credentials
    async with open_stage(database, ministack, bucket, verify_statement_seconds=3.0) as stage:
        yield stage


async def test_a_scan_spends_no_more_read_units_than_it_may(stage: Stage) -> None:
    await stage.add(*(f"n{number}" for number in range(20)))
    await stage.drain()
    rate = 10.0
    scan = TableScan(
        stage.migration.client, stage.table, segments=1, page_items_max=4, units_per_second=rate
    )
    clock = asyncio.get_running_loop().time
    began = clock()
    units = [page.read_units async for page in scan.pages(0, 1)]
    assert len(units) >= 5
    assert clock() - began > 0.9 * sum(units) / rate


async def test_a_pass_gives_way_to_who_locks_the_table(stage: Stage) -> None:
    """A statement that waits is in the way of every writer behind it, so it does not wait long."""
    await stage.add("a")
    await stage.drain()
    async with asyncio.timeout(60):
        async with await psycopg.AsyncConnection.connect(stage.database.dsn) as other:
            await other.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(TimedOut):
                await stage.verifier.full_pass()
        assert await stage.verdicts() == {}
