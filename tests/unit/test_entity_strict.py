"""Calls and schemas that strict mode rejects, and that are accepted without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crossfade.entity import (
    Casing,
    Cast,
    Entity,
    EntityError,
    Index,
    Key,
    Schema,
    map_of,
    number,
    set_of,
    string,
)

ATTRIBUTES = {
    "id": string(),
    "a": string(),
    "b": string(),
    "n": number(),
    "name": string(field="nm"),
    "labels": set_of(string()),
    "nested": map_of({"name": string(field="x")}),
}
INDEXES = {
    "main": Index(pk=Key(field="p", composite=("id",))),
    "ab": Index(
        index="gsi1",
        pk=Key(field="gsi1pk", composite=("a",)),
        sk=Key(field="gsi1sk", composite=("b",)),
    ),
    "by_n": Index(
        index="gsi2",
        pk=Key(field="gsi2pk", composite=("id",)),
        sk=Key(field="gsi2sk", composite=("n",), cast=Cast.NUMBER),
    ),
}
SCHEMA = Schema(entity="e", service="s", attributes=ATTRIBUTES, indexes=INDEXES)


def either(a: Any, op: Any) -> str:
    return f"{op.eq(a.a, 'x')} OR {op.eq(a.b, 'y')}"


CALLS: dict[str, Callable[[Entity], Any]] = {
    "incomplete index key": lambda e: e.put(id="1", a="x"),
    "unknown name in put": lambda e: e.put(id="1", colour="red"),
    "unknown name in update": lambda e: e.update(id="1").set(colour="red"),
    "unknown name in upsert": lambda e: e.upsert(id="1", colour="red"),
    "unknown name in get": lambda e: e.get(id="1", colour="red"),
    "wrong type in a key": lambda e: e.get(id=5),
    "wrong type in a query": lambda e: e.query.ab(a=5),
    "add on a composite": lambda e: e.update(id="1").add(n=1),
    "two fields with one placeholder": lambda e: e.query.ab(a="x").where(
        lambda a, op: f"{op.eq(a.nested.name, 'x')} AND {op.eq(a.name, 'y')}"
    ),
    "begins on a number": lambda e: e.query.by_n(id="1").begins(n=1),
    "less than without a number": lambda e: e.query.by_n(id="1").lt(),
    "between with one bound": lambda e: e.query.by_n(id="1").between({"n": 1}, {}),
    "where on get": lambda e: e.get(id="1").where(lambda a, op: op.exists(a.a)),
    "empty set in put": lambda e: e.put(id="1", labels=set()),
    "empty set in update": lambda e: e.update(id="1").set(labels=set()),
}


@pytest.mark.parametrize("name", CALLS)
def test_strict_mode_rejects_calls(name: str) -> None:
    assert CALLS[name](Entity(SCHEMA, table="t")).params()
    with pytest.raises(EntityError):
        CALLS[name](Entity(SCHEMA, table="t", strict=True)).params()


def test_strict_mode_rejects_limits_below_one() -> None:
    assert Entity(SCHEMA, table="t").query.ab(a="x").params(limit=0)["Limit"] == 0
    with pytest.raises(EntityError) as caught:
        Entity(SCHEMA, table="t", strict=True).query.ab(a="x").params(limit=0)
    assert caught.value.code == 2006
    with pytest.raises(EntityError):
        Entity(SCHEMA, table="t", strict=True).scan().params(limit=0)


@pytest.mark.parametrize(
    "schema",
    [
        Schema(
            entity="e",
            service="s",
            attributes={"id": string(set=lambda value, _item: value)},
            indexes={"main": INDEXES["main"]},
        ),
        Schema(
            entity="e",
            service="s",
            attributes={"id": string()},
            indexes={"main": Index(pk=Key(field="pk", template="USER#${id}"))},
        ),
        Schema(
            entity="e",
            service="s",
            attributes={"id": string(), "a-b": string()},
            indexes={"main": INDEXES["main"]},
        ),
    ],
)
def test_strict_mode_rejects_schemas(schema: Schema) -> None:
    Entity(schema)
    with pytest.raises(EntityError):
        Entity(schema, strict=True)


def test_strict_mode_accepts_templates_with_a_casing() -> None:
    key = Key(field="pk", template="USER#${id}", casing=Casing.NONE)
    schema = Schema(
        entity="e", service="s", attributes={"id": string()}, indexes={"main": Index(pk=key)}
    )
    assert Entity(schema, strict=True, table="t").get(id="1").params()["Key"] == {"pk": "USER#1"}


def test_an_or_does_not_affect_the_other_conditions() -> None:
    strict = Entity(SCHEMA, table="t", strict=True).patch(id="1").where(either).params()
    loose = Entity(SCHEMA, table="t").patch(id="1").where(either).params()
    assert strict["ConditionExpression"] == "(attribute_exists(#p)) AND (#a = :a0 OR #b = :b0)"
    assert loose["ConditionExpression"] == "attribute_exists(#p) AND #a = :a0 OR #b = :b0"


def test_strict_mode_writes_the_numeric_key_zero() -> None:
    changed = Entity(SCHEMA, table="t", strict=True).update(id="1").set(n=0).params()
    assert changed["ExpressionAttributeValues"][":gsi2sk_u0"] == 0
    loose = Entity(SCHEMA, table="t").update(id="1").set(n=0).params()
    assert ":gsi2sk_u0" not in loose["ExpressionAttributeValues"]
