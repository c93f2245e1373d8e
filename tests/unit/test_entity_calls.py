"""Calls that differ from ElectroDB intentionally, and calls that are rejected before a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pydantic
import pytest

from crossfade.entity import (
    Entity,
    EntityError,
    Index,
    IndexType,
    Key,
    Result,
    Schema,
    Service,
    anything,
    enum,
    list_of,
    map_of,
    marshal_item,
    number,
    set_of,
    string,
)
from crossfade.entity.calls.paging import page_limit
from crossfade.entity.options import Options

SCHEMA = Schema(
    entity="task",
    service="app",
    attributes={
        "user_id": string(name="userId", required=True),
        "task_id": string(name="taskId"),
        "title": string(validate=lambda text: text is None or len(text) < 10),
        "points": number(),
        "labels": set_of(enum("a", "b")),
        "steps": list_of(string()),
        "meta": anything(),
        "n": string(),
        "n1": string(),
        "pk": string(field="pk_attribute"),
    },
    indexes={
        "by_user": Index(
            pk=Key(field="pk", composite=("user_id",)),
            sk=Key(field="sk", composite=("task_id",)),
        ),
        "constant": Index(
            index="gsi1",
            pk=Key(field="gsi1pk", composite=("n",)),
            sk=Key(field="gsi1sk", template="META"),
        ),
    },
)
TASKS = Entity(SCHEMA, table="t")
KEY = {"user_id": "u", "task_id": "t"}


class Task(msgspec.Struct):
    user_id: str
    task_id: str
    points: float | None = None
    labels: frozenset[str] = frozenset()


class Line(msgspec.Struct, rename="camel"):
    item_code: str
    amount: int | None = None


class Order(msgspec.Struct, rename="camel"):
    order_id: str
    first_line: Line
    other_lines: list[Line]


class TaskModel(pydantic.BaseModel):
    user_id: str
    task_id: str
    points: float | None = None
    labels: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("userId", {"user_id": 5}),
        ("userId", {}),
        ("title", {**KEY, "title": "far too long for it"}),
        ("points", {**KEY, "points": "5"}),
        ("points", {**KEY, "points": True}),
        ("labels[*]", {**KEY, "labels": ["a", "c"]}),
        ("steps[*]", {**KEY, "steps": ["a", 5]}),
        ("steps", {**KEY, "steps": "text"}),
    ],
)
def test_an_invalid_value_is_reported_with_its_path(path: str, values: dict[str, Any]) -> None:
    with pytest.raises(EntityError) as caught:
        TASKS.put(values).params()
    assert caught.value.code == 3001
    assert caught.value.faults[0].path == path


def test_all_faults_of_an_attribute_are_reported_with_their_index() -> None:
    with pytest.raises(EntityError) as caught:
        TASKS.put(**KEY, steps=["a", 1, None, 2]).params()
    assert [fault.index for fault in caught.value.faults] == [1, 3]


def test_messages_do_not_contain_values() -> None:
    with pytest.raises(EntityError) as caught:
        TASKS.put(**KEY, points="hunter2").params()
    assert "hunter2" not in str(caught.value)


def test_none_is_absent_except_for_attributes_of_any_type() -> None:
    item = TASKS.put(**KEY, title=None, meta=None).params()["Item"]
    assert "title" not in item
    assert item["meta"] is None
    with pytest.raises(EntityError) as caught:
        TASKS.get(user_id=None, task_id="t").params()
    assert caught.value.code == 2002


@pytest.mark.parametrize("record", [Task, TaskModel])
def test_records_are_written_and_read(record: Any) -> None:
    tasks = Entity(SCHEMA, table="t", record=record)
    task = record(user_id="u", task_id="t", points=1.5, labels=frozenset({"a"}))
    item = tasks.put(task).params()["Item"]
    assert item["userId"] == "u"
    read = tasks.parse({"Item": item})
    assert isinstance(read, Result)
    assert read.data == task
    assert "labels" not in tasks.put(record(user_id="u", task_id="t")).params()["Item"]


def test_structs_inside_a_record_are_written_under_their_encoded_names() -> None:
    line = map_of({"itemCode": string(), "amount": number()})
    schema = Schema(
        entity="order",
        service="app",
        attributes={"orderId": string(), "firstLine": line, "otherLines": list_of(line)},
        indexes={"table": Index(pk=Key(field="pk", composite=("orderId",)))},
    )
    order = Order("o", Line("a", 1), [Line("b"), Line("c", 3)])
    item = Entity(schema, table="t", record=Order).put(order).params()["Item"]
    assert item["firstLine"] == {"itemCode": "a", "amount": 1}
    assert item["otherLines"] == [{"itemCode": "b"}, {"itemCode": "c", "amount": 3}]
    assert Entity(schema, record=Order).read(marshal_item(item)) == order


def test_an_update_writes_a_constant_sort_key() -> None:
    values = TASKS.update(KEY).set(n="x").params()["ExpressionAttributeValues"]
    assert values[":gsi1sk_u0"] == "meta"


def test_the_v2_comparison_without_a_number_is_that_of_strings() -> None:
    """DynamoDB rejects it; strict entities reject it before the request."""
    numbered = Schema(
        entity="step",
        service="app",
        attributes={"id": string(), "n": number()},
        indexes={
            "by_n": Index(
                pk=Key(field="pk", composite=("id",)), sk=Key(field="sk", template="${n}")
            )
        },
    )
    query = Entity(numbered, table="t").query.by_n(id="1")
    without, with_number = query.lte().params(compare="v2"), query.lte(n=5).params(compare="v2")
    assert without["KeyConditionExpression"] == "#pk = :pk and #sk1 < :sk1"
    assert with_number["KeyConditionExpression"] == "#pk = :pk and #sk1 <= :sk1"


def test_index_keys_are_removed_in_the_order_of_their_composites() -> None:
    """A composite of an earlier index precedes the others, in either key of a later index."""
    schema = Schema(
        entity="step",
        service="app",
        attributes={"id": string(), "a": string(), "b": string()},
        indexes={
            "main": Index(pk=Key(field="pk", composite=("id",)), sk=Key(field="sk", composite=())),
            "by_b": Index(index="gsi1", pk=Key(field="gsi1pk", composite=("b",))),
            "by_a": Index(
                index="gsi2",
                pk=Key(field="gsi2pk", composite=("a",)),
                sk=Key(field="gsi2sk", composite=("b",)),
            ),
        },
    )
    params = Entity(schema, table="t").update(id="1").remove("a", "b").params()
    removed = params["UpdateExpression"].partition(" REMOVE ")[2]
    assert removed == "#a, #b, #gsi1pk, #gsi2sk, #gsi2pk"


def test_equalities_after_a_gap_of_a_multi_attribute_index_are_kept() -> None:
    """DynamoDB rejects the query; without the equality it would return more items."""
    schema = Schema(
        entity="step",
        service="app",
        attributes={"id": string(), "a": string(), "b": string()},
        indexes={
            "main": Index(pk=Key(field="pk", composite=("id",)), sk=Key(field="sk", composite=())),
            "by_id": Index(
                index="gsi1",
                type=IndexType.COMPOSITE,
                pk=Key(composite=("id",)),
                sk=Key(composite=("a", "b")),
            ),
        },
    )
    query = Entity(schema, table="t").query.by_id(id="1")
    same = query.between({"b": "x"}, {"b": "x"}).params()
    assert same["KeyConditionExpression"] == "#id = :idk_0 AND #b = :bk_0"
    with pytest.raises(EntityError) as caught:
        query.between({"b": "x"}, {"b": "y"}).params()
    assert caught.value.code == 2013


def test_a_value_placeholder_denotes_one_value() -> None:
    def eleven(a: Any, op: Any) -> str:
        return " OR ".join([op.eq(a.n1, "first"), *(op.eq(a.n, str(i)) for i in range(11))])

    with pytest.raises(EntityError) as caught:
        TASKS.scan().where(eleven).params()
    assert caught.value.code == 1012


def test_a_filter_cannot_use_the_placeholder_of_the_key() -> None:
    query = TASKS.query.by_user(user_id="u").where(lambda a, op: op.exists(a.pk))
    with pytest.raises(EntityError):
        query.params()


def test_a_string_with_the_form_of_a_placeholder_is_a_value() -> None:
    params = TASKS.scan().where(lambda a, op: f"{op.name(a.n)} = {op.value(a.n, '#n')}").params()
    assert params["ExpressionAttributeValues"][":n0"] == "#n"


CHAINS: dict[str, Callable[[], Any]] = {
    "a change after where": lambda: (
        TASKS.update(KEY).where(lambda a, op: op.exists(a.n)).set(n="x")
    ),
    "an operator after where": lambda: (
        TASKS.query.by_user(user_id="u").where(lambda a, op: op.exists(a.n)).begins(task_id="t")
    ),
    "two operators": lambda: TASKS.query.by_user(user_id="u").gt(task_id="t").lt(task_id="z"),
    "an unknown access pattern": lambda: TASKS.query.by_colour(colour="red"),
    "an unknown index to scan": lambda: TASKS.scan("by_colour"),
    "an unknown attribute in where": lambda: (
        TASKS.scan().where(lambda a, op: op.exists(a.colour)).params()
    ),
    "a where that is not a function": lambda: TASKS.scan().where("n = 5").params(),  # type: ignore[arg-type]
    "a where that returns no string": lambda: TASKS.scan().where(lambda _a, _op: 5).params(),  # type: ignore[arg-type, return-value]
    "None in where": lambda: TASKS.scan().where(lambda a, op: op.eq(a.n, None)).params(),
    "an unknown option": lambda: TASKS.get(KEY).params(colour="red"),  # type: ignore[call-arg]
    "attributes that are not a mapping": lambda: TASKS.put(5),  # type: ignore[call-overload]
    "an unknown collection": lambda: Service({"t": TASKS}).collections.work,
    "a service without entities": lambda: Service({}),
    "a client without call": lambda: Entity(SCHEMA, client=5),  # type: ignore[call-overload]
    "a listener that is not a function": lambda: Entity(SCHEMA, listeners=(5,)),  # type: ignore[arg-type]
    "pages below one": lambda: page_limit(Options(pages=0)),
    "no table": lambda: Entity(SCHEMA).get(KEY).params(),
}


@pytest.mark.parametrize("name", CHAINS)
def test_an_invalid_call_raises_an_error_with_a_code(name: str) -> None:
    with pytest.raises(EntityError) as caught:
        CHAINS[name]()
    assert caught.value.code
    assert caught.value.name


async def test_go_without_a_client_is_an_error() -> None:
    with pytest.raises(EntityError) as caught:
        await TASKS.get(KEY).go()
    assert caught.value.code == 1001


def test_calls_are_immutable() -> None:
    base = TASKS.update(KEY)
    first, second = base.set(n="x"), base.set(n="y")
    assert first.params()["ExpressionAttributeValues"][":n_u0"] == "x"
    assert second.params()["ExpressionAttributeValues"][":n_u0"] == "y"
    assert first.params() == first.params()
