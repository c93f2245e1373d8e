"""The types of entity calls; checked by `test_entity_types`, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_type

import msgspec

from crossfade.entity import (
    BatchResult,
    BatchWritten,
    Client,
    CollectionPage,
    Entity,
    Index,
    Key,
    Page,
    Result,
    Schema,
    Service,
    TransactionResult,
    enum,
    number,
    string,
)


class Task(msgspec.Struct):
    user_id: str
    task_id: str
    points: int = 0


SCHEMA = Schema(
    entity="task",
    service="planner",
    attributes={
        "user_id": string(name="userId", required=True),
        "task_id": string(name="taskId", required=True),
        "status": enum("open", "done", default="open"),
        "points": number(default=0, read_only=True),
    },
    indexes={
        "by_user": Index(
            pk=Key(field="pk", template="USER#${user_id}"),
            sk=Key(field="sk", composite=("task_id",)),
        )
    },
)


async def records_have_their_type(client: Client) -> None:
    tasks = Entity(SCHEMA, record=Task, client=client, table="t")
    assert_type(tasks, Entity[Task])
    assert_type(await tasks.get(user_id="u", task_id="t").go(), Result[Task])
    assert_type(await tasks.put(Task("u", "t")).go(), Result[Task])
    assert_type(await tasks.put([Task("u", "t")]).go(), BatchWritten)
    assert_type(await tasks.get([{"user_id": "u", "task_id": "t"}]).go(), BatchResult[Task])
    assert_type(await tasks.query.by_user(user_id="u").go(limit=3), Page[Task])
    assert_type(await tasks.scan().go(pages="all"), Page[Task])
    async for task in tasks.query.by_user(user_id="u"):
        assert_type(task, Task)
    changed = tasks.patch(user_id="u", task_id="t").set(status="done").add(points=1)
    assert_type(await changed.go(response="all_new"), Result[dict[str, Any]])
    assert_type(changed.params(), dict[str, Any])


async def dictionaries_are_the_default(client: Client) -> None:
    tasks = Entity(SCHEMA, client=client, table="t")
    assert_type(tasks, Entity[dict[str, Any]])
    found = await tasks.get(user_id="u", task_id="t").go()
    assert_type(found.data, dict[str, Any] | None)
    bare: Entity = tasks
    assert_type(bare, Entity[dict[str, Any]])
    assert_type(tasks.identifiers, Mapping[str, str])


async def services_are_typed_too(client: Client) -> None:
    service = Service({"task": Entity(SCHEMA)}, table="t", client=client)
    written = await service.transaction.write(lambda e: [e.task.put(user_id="u").commit()]).go()
    assert_type(written, TransactionResult)
    assert_type(await service.collections.work(user_id="u").go(), CollectionPage)
