"""The versioned put: newer wins in any order, and a refused put returns the existing item."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from crossfade.dynamo import Client, Target
from crossfade.errors import NoSuchStore
from support.dynamo_tables import item, key, table_of
from support.engines.values import DynamoEngine

RACERS = 32


@pytest.fixture
def table(name_prefix: str) -> str:
    return f"{name_prefix}target"


@pytest.fixture
async def client(dynamo: DynamoEngine, table: str) -> AsyncIterator[Client]:
    async with table_of(dynamo, table) as client:
        yield client


@pytest.fixture
def target(client: Client, table: str) -> Target:
    return Target(client, table)


async def test_a_first_put_is_written(target: Target) -> None:
    assert await target.put(item(0, 1), 1) is None
    assert await target.get([key(0)]) == [item(0, 1)]


async def test_a_newer_version_replaces_the_whole_item(target: Target) -> None:
    await target.put(item(0, 1, old="x"), 1)
    assert await target.put(item(0, 2, new="y"), 2) is None
    assert await target.get([key(0)]) == [item(0, 2, new="y")]


@pytest.mark.parametrize("version", [0, 2, 3])
async def test_the_same_or_an_older_version_returns_the_existing_item(
    target: Target, version: int
) -> None:
    await target.put(item(0, 3, title="newer"), 3)
    assert await target.put(item(0, version, title="older"), version) == item(0, 3, title="newer")
    assert await target.get([key(0)]) == [item(0, 3, title="newer")]


async def test_version_zero_never_replaces_but_fills_gaps(target: Target) -> None:
    assert await target.put(item(0, 0, title="filled"), 0) is None
    assert await target.put(item(0, 0, title="again"), 0) == item(0, 0, title="filled")


async def test_an_item_without_version_is_older_than_any(
    target: Target, client: Client, table: str
) -> None:
    await client.call("PutItem", {"TableName": table, "Item": {**key(0), "x": {"S": "foreign"}}})
    assert await target.put(item(0, 0), 0) is None


async def test_of_many_equal_puts_at_once_exactly_one_is_written(target: Target) -> None:
    racers = [item(0, 1, racer=str(number)) for number in range(RACERS)]
    answers = await asyncio.gather(*(target.put(racer, 1) for racer in racers))
    winners = [racer for racer, found in zip(racers, answers, strict=True) if found is None]
    assert len(winners) == 1
    assert [found for found in answers if found is not None] == winners * (RACERS - 1)


async def test_versions_in_any_order_leave_the_newest(target: Target) -> None:
    order = [5, 1, 9, 3, 8, 2, 7, 4, 6]
    await asyncio.gather(*(target.put(item(0, version), version) for version in order))
    assert await target.get([key(0)]) == [item(0, 9)]


async def test_get_returns_those_that_exist(target: Target) -> None:
    await target.put(item(1, 1), 1)
    await target.put(item(2, 1), 1)
    found = await target.get([key(number) for number in range(4)])
    assert sorted(entry["sk"]["S"] for entry in found) == ["000001", "000002"]
    assert await target.get([]) == []


async def test_a_missing_table_is_the_stores_fault(client: Client) -> None:
    with pytest.raises(NoSuchStore):
        await Target(client, "no-such-table").put(item(0, 1), 1)
