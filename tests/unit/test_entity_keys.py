"""The keys that mappings use: the table's key, and the keys of complete indexes."""

from __future__ import annotations

from typing import Any

import pytest

from crossfade.entity import Casing, Cast, Entity, EntityError, Index, Key, Schema, number, string

SCHEMA = Schema(
    entity="task",
    service="app",
    attributes={"user": string(), "task": string(), "due": string(), "rank": number()},
    indexes={
        "table": Index(
            pk=Key(field="pk", template="USER#${user}", casing=Casing.NONE),
            sk=Key(field="sk", composite=("task",)),
        ),
        "by_due": Index(
            index="gsi1",
            pk=Key(field="gsi1pk", composite=("user",)),
            sk=Key(field="gsi1sk", composite=("due", "rank")),
        ),
        "by_rank": Index(
            index="gsi2",
            condition=lambda values: values["task"] != "hidden",
            pk=Key(field="gsi2pk", template="ALL"),
            sk=Key(field="gsi2sk", composite=("rank",), cast=Cast.NUMBER),
        ),
    },
)
ENTITY = Entity(SCHEMA)


def test_the_tables_key() -> None:
    assert ENTITY.table_key({"user": "Ann", "task": "T1", "due": None}) == {
        "pk": "USER#Ann",
        "sk": "$task_1#task_t1",
    }


@pytest.mark.parametrize("values", [{}, {"user": "a"}, {"user": "a", "task": None}])
def test_a_missing_composite_is_reported(values: dict[str, Any]) -> None:
    for keys in (ENTITY.table_key, ENTITY.key_fields):
        with pytest.raises(EntityError, match="task") as caught:
            keys(values)
        assert caught.value.code == 2002


def test_only_complete_indexes_are_written() -> None:
    complete = {"user": "Ann", "task": "T", "due": "2026-12-01", "rank": 2}
    assert ENTITY.key_fields(complete) == {
        "pk": "USER#Ann",
        "sk": "$task_1#task_t",
        "gsi1pk": "$app#user_ann",
        "gsi1sk": "$task_1#due_2026-12-01#rank_2",
        "gsi2pk": "all",
        "gsi2sk": 2,
    }
    assert set(ENTITY.key_fields({**complete, "due": None})) == {"pk", "sk", "gsi2pk", "gsi2sk"}
    assert set(ENTITY.key_fields({**complete, "task": "hidden"})) == {
        "pk",
        "sk",
        "gsi1pk",
        "gsi1sk",
    }


def test_key_fields_equal_those_of_a_put() -> None:
    values = {"user": "Ann", "task": "T", "due": "2026-12-01", "rank": 2}
    item = Entity(SCHEMA, table="t").put(values).params()["Item"]
    assert item == {**values, **ENTITY.key_fields(values), **ENTITY.identifiers}
