"""Many items in one request: written where no item exists, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from crossfade.dynamo import Client, Target
from crossfade.errors import Rejected
from crossfade.mapping.state import Insertion
from crossfade.testing import HttpProxy
from support.dynamo_tables import config_of, item, key, table_of
from support.engines.values import DynamoEngine

WRITTEN, EXISTING = Insertion.WRITTEN, Insertion.EXISTING
OPERATION = "BatchExecuteStatement"
EVERY_KIND = {
    "text": {"S": 'It\'s "quoted"; -- and ünïcode 🎲'},
    "number": {"N": "12345678901234567890123456789012345678"},
    "true": {"BOOL": True},
    "null": {"NULL": True},
    "bytes": {"B": "AAEC"},
    "list": {"L": [{"S": "b"}, {"N": "1"}, {"L": []}]},
    "map": {"M": {"in'ner": {"S": ""}}},
    "texts": {"SS": ["a", "b"]},
    "it's a name": {"S": "?"},
    'a "quoted" name': {"S": "x"},
    "naïve 名": {"S": "x"},
}


@pytest.fixture
def table(name_prefix: str) -> str:
    return f"{name_prefix}insert"


@pytest.fixture
async def client(dynamo: DynamoEngine, table: str) -> AsyncIterator[Client]:
    async with table_of(dynamo, table) as client:
        yield client


@pytest.fixture
def target(dynamo: DynamoEngine, client: Client, table: str) -> Target:
    if "partiql" not in dynamo.supports:
        pytest.skip(f"{dynamo.name} has no PartiQL")
    return Target(client, table)


async def insert(target: Target, items: list[dict[str, Any]]) -> list[Insertion]:
    return await target.insert_json(items, [orjson.dumps([*one.values()]) for one in items])


async def test_an_item_of_every_kind_is_stored_as_it_was_given(target: Target) -> None:
    whole = item(0, 0) | EVERY_KIND
    assert await insert(target, [whole]) == [WRITTEN]
    assert await target.get([key(0)]) == [whole]


async def test_existing_items_stay_and_the_others_are_written(target: Target) -> None:
    """A tombstone counts as existing, and so does an item without a version."""
    older = [item(3, 7, title="newer"), item(40, 1) | {"cf_deleted": {"BOOL": True}}]
    for one in older:
        await target.put(one, int(one["cf_v"]["N"]))
    items = [item(number, 0, title="copied") for number in range(60)]
    found = await insert(target, items)
    assert found == [EXISTING if number in {3, 40} else WRITTEN for number in range(60)]
    stored = await target.get([key(number) for number in range(60)])
    expected = [one for number, one in enumerate(items) if number not in {3, 40}]
    assert sorted(stored, key=str) == sorted([*expected, *older], key=str)


async def test_of_many_equal_inserts_at_once_exactly_one_is_written(target: Target) -> None:
    racers = [[item(0, 0, racer=str(number))] for number in range(32)]
    answers = await asyncio.gather(*(insert(target, racer) for racer in racers))
    assert sorted(answers) == [[EXISTING]] * 31 + [[WRITTEN]]
    (winner,) = racers[answers.index([WRITTEN])]
    assert await target.get([key(0)]) == [winner]


@pytest.mark.parametrize(
    ("count", "text_bytes", "requests"), [(26, 1, 2), (25, 1, 1), (10, 300_000, 4), (0, 0, 0)]
)
async def test_a_request_has_no_more_than_dynamodb_takes(
    dynamo: DynamoEngine,
    target: Target,
    table: str,
    count: int,
    text_bytes: int,
    requests: int,
) -> None:
    items = [item(number, 0, text="x" * text_bytes) for number in range(count)]
    async with (
        HttpProxy(dynamo.endpoint) as proxy,
        Client(config_of(dynamo, endpoint=proxy.endpoint)) as client,
    ):
        assert await insert(Target(client, table), items) == [WRITTEN] * count
        assert proxy.record.arrived(OPERATION) == requests
    assert len(await target.get([key(number) for number in range(count)])) == count


async def test_more_names_than_a_statement_holds_are_refused_before_anything_is_sent(
    target: Target,
) -> None:
    wide = item(0, 0) | {f"a_rather_long_name_{number:04}": {"S": "x"} for number in range(400)}
    with pytest.raises(Rejected, match="put the item"):
        await insert(target, [item(1, 0), wide])
    assert await target.get([key(0), key(1)]) == []


async def test_a_server_without_such_requests_says_so(
    dynamo: DynamoEngine, client: Client, table: str
) -> None:
    if "partiql" in dynamo.supports:
        pytest.skip(f"{dynamo.name} has PartiQL")
    with pytest.raises(Rejected):
        await insert(Target(client, table), [item(0, 0)])
