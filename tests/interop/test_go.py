"""Calls executed on real engines: pages, conditions, batches, transactions, events, ownership."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from crossfade.dynamo import Client
from crossfade.entity import (
    Casing,
    Entity,
    EntityError,
    Event,
    Index,
    Key,
    QuerySent,
    ResultsReceived,
    Schema,
    Service,
    StoreError,
    marshal_item,
    number,
    set_of,
    string,
)
from crossfade.errors import ConditionFailed
from interop.live import table_for
from support.engines.values import DynamoEngine

SCHEMA = Schema(
    entity="task",
    service="planner",
    attributes={
        "user_id": string(name="userId", required=True),
        "task_id": string(name="taskId", required=True),
        "title": string(),
        "points": number(default=0),
        "labels": set_of(string()),
        "secret": string(hidden=True),
    },
    indexes={
        "by_user": Index(
            pk=Key(field="pk", template="USER#${user_id}", casing=Casing.NONE),
            sk=Key(field="sk", template="TASK#${task_id}", casing=Casing.NONE),
        ),
        "by_title": Index(
            index="gsi1",
            pk=Key(field="gsi1pk", composite=("title",), casing=Casing.NONE),
            sk=Key(field="gsi1sk", composite=("task_id",), casing=Casing.NONE),
        ),
    },
)
KEY = {"user_id": "u", "task_id": "t1"}


class TaskTable:
    """An entity on a separate table, and the events that its listener received."""

    def __init__(self, client: Client, table: str) -> None:
        self.client = client
        self.table = table
        self.events: list[Event] = []
        self.tasks = Entity(SCHEMA, client=client, table=table, listeners=(self.events.append,))


@pytest.fixture
async def task_table(dynamo: DynamoEngine, name_prefix: str) -> AsyncIterator[TaskTable]:
    table = f"{name_prefix}go"
    async with table_for(dynamo, table, [SCHEMA]) as client:
        yield TaskTable(client, table)


async def _fill(task_table: TaskTable, count: int) -> list[str]:
    names = [f"t{number}" for number in range(1, count + 1)]
    items = [{"user_id": "u", "task_id": name, "title": "T", "secret": "s"} for name in names]
    written = await task_table.tasks.put(items).go(concurrent=2)
    assert not written.unprocessed
    return names


async def test_pages_follow_each_other(task_table: TaskTable) -> None:
    names = await _fill(task_table, 7)
    query = task_table.tasks.query.by_user(user_id="u")
    pages = [page async for page in query.pages(limit=3)]
    assert [len(page.data) for page in pages[:2]] == [3, 3]
    assert [task["task_id"] for page in pages for task in page.data] == names
    assert [task["task_id"] async for task in query] == names
    assert {task["task_id"] async for task in task_table.tasks.scan()} == set(names)


async def test_count_collects_over_pages_and_its_cursor_resumes(task_table: TaskTable) -> None:
    names = await _fill(task_table, 7)
    query = task_table.tasks.query.by_title(title="T")
    first = await query.go(limit=2, count=5)
    assert len(first.data) == 5
    rest = await query.go(cursor=first.cursor, pages="all")
    assert [task["task_id"] for task in first.data + rest.data] == names


async def test_a_batch_of_more_than_one_request(task_table: TaskTable) -> None:
    names = await _fill(task_table, 30)
    keys: list[Any] = [{"user_id": "u", "task_id": name} for name in reversed(names)]
    found = await task_table.tasks.get([*keys, {**KEY, "task_id": "none"}]).go(
        preserve_batch_order=True
    )
    assert [task and task["task_id"] for task in found.data] == [*reversed(names), None]
    await task_table.tasks.delete(keys).go()
    assert not [task async for task in task_table.tasks.scan()]


async def test_false_conditions(task_table: TaskTable) -> None:
    await task_table.tasks.create(KEY).go()
    with pytest.raises(StoreError) as caught:
        await task_table.tasks.create(KEY).go()
    assert caught.value.code == 4001
    assert isinstance(caught.value.__cause__, ConditionFailed)
    with pytest.raises(ConditionFailed):
        await task_table.tasks.create(KEY).go(original_error=True)
    rejected = await task_table.tasks.create(KEY).go(return_on_condition_check_failure=True)
    assert (rejected.data, rejected.rejected) == (None, True)
    absent = task_table.tasks.patch(user_id="u", task_id="none").set(title="x")
    assert (await absent.go(return_on_condition_check_failure=True)).rejected


async def test_changes_and_their_results(task_table: TaskTable) -> None:
    changed = task_table.tasks.upsert(KEY).set(title="A").add(points=2)
    assert (await changed.go()).data == KEY
    changed_again = (
        task_table.tasks.patch(KEY).add(points=3, labels=["a", "b"]).set(title="B")
    ).composite(task_id="t1")
    after = await changed_again.go(response="all_new")
    assert after.data == {**KEY, "title": "B", "points": 5, "labels": ["a", "b"]}
    removed = (
        await task_table.tasks.update(KEY)
        .delete(labels=["a"])
        .remove("title")
        .go(response="all_old")
    )
    assert removed.data == after.data
    assert (await task_table.tasks.query.by_title(title="B").go()).data == []
    assert (await task_table.tasks.delete(KEY).go(response="all_old")).data == {
        **KEY,
        "points": 5,
        "labels": ["b"],
    }


async def test_foreign_items_and_tombstones_are_not_returned(task_table: TaskTable) -> None:
    await _fill(task_table, 1)
    keys = task_table.tasks.table_key({**KEY, "task_id": "gone"})
    tombstone = {**keys, "cf_v": 3, "cf_deleted": True}
    foreign = {**keys, "sk": "TASK#other", "__edb_e__": "note", "__edb_v__": "1", "userId": "u"}
    for item in (tombstone, foreign):
        request = {"TableName": task_table.table, "Item": marshal_item(item)}
        await task_table.client.call("PutItem", request)
    assert [t["task_id"] async for t in task_table.tasks.query.by_user(user_id="u")] == ["t1"]
    assert (await task_table.tasks.get(user_id="u", task_id="gone").go()).data is None
    batch = await task_table.tasks.get([KEY, {**KEY, "task_id": "gone"}]).go()
    assert [task["task_id"] for task in batch.data if task] == ["t1"]


async def test_listeners_receive_the_events_of_every_request(task_table: TaskTable) -> None:
    await task_table.tasks.get(KEY).go()
    sent, received = task_table.events
    assert isinstance(sent, QuerySent)
    assert sent.method == "get"
    assert isinstance(received, ResultsReceived)
    assert received.success


async def test_a_call_can_have_a_client_and_a_listener(task_table: TaskTable) -> None:
    class Unused:
        async def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
            raise AssertionError((operation, request))

    tasks = Entity(SCHEMA, table=task_table.table, client=Unused())
    await tasks.put(**KEY, title="T").go(client=task_table.client)
    events: list[Any] = []
    listeners = [events.append]
    found = await tasks.get(KEY).go(client=task_table.client, listeners=listeners)
    page = await tasks.query.by_user(user_id="u").go(client=task_table.client, listeners=listeners)
    assert found.data == page.data[0]
    assert [event.type for event in events] == ["query", "results"] * 2
    for wrong, code in (({"client": 5}, 1023), ({"listeners": [5]}, 1021)):
        with pytest.raises(EntityError) as caught:
            await tasks.get(KEY).go(**wrong)
        assert caught.value.code == code


async def test_values_that_dynamodb_cannot_hold_are_never_sent(task_table: TaskTable) -> None:
    for values in ({"title": "\ud800"}, {"points": float("nan")}):
        with pytest.raises(EntityError) as caught:
            await task_table.tasks.put(**KEY, **values).go()
        assert caught.value.code == 3001
    assert not task_table.events


async def test_hidden_attributes_stay_hidden(task_table: TaskTable) -> None:
    await _fill(task_table, 1)
    assert (await task_table.tasks.get(KEY).go()).data == {**KEY, "title": "T", "points": 0}
    raw = (await task_table.tasks.get(KEY).go(data="raw")).data
    assert raw
    assert raw["Item"]["secret"] == "s"


async def test_a_canceled_transaction_is_a_result(
    ministack: DynamoEngine, name_prefix: str
) -> None:
    table = f"{name_prefix}txn"
    async with table_for(ministack, table, [SCHEMA]) as client:
        service = Service({"task": Entity(SCHEMA)}, client=client, table=table)
        write = service.transaction.write
        done = await write(lambda e: [e.task.create(KEY).commit()]).go()
        assert not done.canceled
        again = await write(
            lambda e: [
                e.task.put({**KEY, "task_id": "t2"}).commit(),
                e.task.create(KEY).commit(response="all_old"),
            ]
        ).go()
        assert again.canceled
        assert [item.rejected for item in again.data] == [False, True]
        assert again.data[1].item == {**KEY, "points": 0}
        assert not (await write(lambda _e: []).go()).data
        read = await service.transaction.get(
            lambda e: [e.task.get(KEY).commit(), e.task.get({**KEY, "task_id": "t2"}).commit()]
        ).go()
        assert [item.item for item in read.data] == [{**KEY, "points": 0}, None]
