"""An application as its author types it; `test_wheels` checks it against the wheels.

Each line that ends in ``# wrong: …`` is a mistake that type checkers must report; nothing else is.
"""

# pyright: strict

from __future__ import annotations

from collections.abc import Mapping as ReadOnly
from typing import Any, assert_type

import msgspec

import crossfade
from crossfade import (
    Application,
    Body,
    Column,
    DeliveryStatus,
    Event,
    Mapping,
    Migration,
    Observer,
    Rule,
    Settings,
    Shape,
    Throttled,
    Unavailable,
    Unmappable,
    load_settings,
    open_migration,
)
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
from crossfade.testing import HttpProxy, Throttle
from crossfade.testing import Rule as FaultRule

TASK = Mapping(
    name="task",
    table="public.tasks",
    primary_key=("user_id", "task_id"),
    columns=(
        Column("user_id", "text", required=True),
        Column("task_id", "bigint", rule=Rule.TEXT, required=True),
    ),
    bodies=(Body("notes", attribute="notesKey", prefix="notes"),),
    shapes=(
        Shape(
            "task",
            {
                "record": {
                    "pk": {"field": "pk", "template": "USER#${userId}", "casing": "none"},
                    "sk": {"field": "sk", "template": "TASK#${taskId}", "casing": "none"},
                }
            },
        ),
    ),
    service="planner",
)
APPLICATION = Application(mappings=(TASK,))


def count(event: Event) -> None:
    assert_type(event, Event)


async def a_migration_is_typed() -> None:
    observe: Observer = count
    settings = load_settings()
    assert_type(settings, Settings)
    async with open_migration(settings, APPLICATION, observe) as migration:
        assert_type(migration, Migration)
        assert_type(await migration.push("task", "u", "1", wait=True), bool)
        statuses = await migration.delivery_status("task", [("u", "1")])
        assert_type(statuses, tuple[DeliveryStatus, ...])
        await migration.push("task", "u", 1)  # wrong: a key is text
    async with open_migration(APPLICATION, settings):  # wrong: the other way round
        pass
    async with crossfade.open_migratoin(settings, APPLICATION):  # wrong: no such name
        pass


async def errors_are_typed(migration: Migration) -> str:
    try:
        return await migration.transcripts.get_transcript("transcripts/1/2")
    except Throttled:
        raise
    except Unavailable as error:
        return str(error)
    except Unmappable as error:
        assert_type(error.remedy, str)
        return error.remedy


async def faults_are_typed(endpoint: str) -> None:
    async with HttpProxy(endpoint) as proxy:
        proxy.add(FaultRule(Throttle(), operation="PutItem", times=3))
        assert_type(proxy.record.arrived("PutItem", fault=Throttle), int)


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
    await tasks.get(user_id="u", task_id="t").go(limit="three")  # wrong: a limit is a number
    tasks.query.by_user(user_id="u").set(points=1)  # wrong: a query changes nothing


async def an_item_may_be_missing(tasks: Entity[Task]) -> int:
    found = await tasks.get(user_id="u", task_id="t").go()
    return found.data.points  # wrong: there may be no such item


def attributes_have_options() -> None:
    string(requird=True)  # wrong: no such option


async def dictionaries_are_the_default(client: Client) -> None:
    tasks = Entity(SCHEMA, client=client, table="t")
    assert_type(tasks, Entity[dict[str, Any]])
    found = await tasks.get(user_id="u", task_id="t").go()
    assert_type(found.data, dict[str, Any] | None)
    bare: Entity = tasks
    assert_type(bare, Entity[dict[str, Any]])
    assert_type(tasks.identifiers, ReadOnly[str, str])


async def services_are_typed_too(client: Client) -> None:
    service = Service({"task": Entity(SCHEMA)}, table="t", client=client)
    written = await service.transaction.write(lambda e: [e.task.put(user_id="u").commit()]).go()
    assert_type(written, TransactionResult)
    assert_type(await service.collections.work(user_id="u").go(), CollectionPage)
