"""Verification stays within its budget, and gives way to locks on a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from crossfade.dynamo import TableScan
from crossfade.errors import TimedOut
from support.engines.values import Database, DynamoEngine, S3Engine
from support.verification import VerifiedNotes, open_verified_notes


@pytest.fixture
async def verified_notes(
    database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[VerifiedNotes]:
    del credentials
    async with open_verified_notes(
        database, ministack, bucket, verify_statement_seconds=3.0
    ) as verified_notes:
        yield verified_notes


async def test_a_scan_spends_no_more_read_units_than_it_may(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add(*(f"n{number}" for number in range(20)))
    await verified_notes.drain()
    rate = 10.0
    scan = TableScan(
        verified_notes.migration.client,
        verified_notes.table,
        segments=1,
        page_items_max=4,
        units_per_second=rate,
    )
    clock = asyncio.get_running_loop().time
    began = clock()
    units = [page.read_units async for page in scan.pages(0, 1)]
    assert len(units) >= 5
    assert clock() - began > 0.9 * sum(units) / rate


async def test_a_pass_gives_way_to_a_lock_on_the_table(verified_notes: VerifiedNotes) -> None:
    """A statement that waits is in the way of every writer behind it, so it does not wait long."""
    await verified_notes.add("a")
    await verified_notes.drain()
    async with asyncio.timeout(60):
        async with await psycopg.AsyncConnection.connect(verified_notes.database.dsn) as other:
            await other.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(TimedOut):
                await verified_notes.verifier.run_full_pass()
        assert await verified_notes.verdicts() == {}
