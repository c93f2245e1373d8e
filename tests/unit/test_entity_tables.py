"""The CreateTable parameters for a set of entities."""

from __future__ import annotations

from typing import Any

import pytest

from crossfade.entity import (
    Entity,
    EntityError,
    Index,
    IndexType,
    Key,
    Schema,
    number,
    string,
    table_definition,
)


def _entity(name: str, **indexes: Index) -> Entity[Any]:
    attributes = {"id": string(), "n": number(field="count"), "t": string()}
    table = Index(pk=Key(field="pk", composite=("id",)), sk=Key(field="sk", composite=()))
    schema = Schema(
        entity=name, service="s", attributes=attributes, indexes={"table": table, **indexes}
    )
    return Entity(schema)


def _by_n(projection: Any = None) -> Index:
    return Index(
        index="gsi1",
        pk=Key(field="gsi1pk", composite=("t",)),
        sk=Key(field="gsi1sk", template="${n}"),
        projection=projection,
    )


def test_entities_share_a_table_with_all_their_indexes() -> None:
    attributes = Index(
        index="gsi2",
        type=IndexType.COMPOSITE,
        pk=Key(composite=("t",)),
        sk=Key(composite=("n", "id")),
    )
    found = table_definition("app", [_entity("a", by_n=_by_n()), _entity("b", both=attributes)])
    assert found["TableName"] == "app"
    assert [key["AttributeName"] for key in found["KeySchema"]] == ["pk", "sk"]
    types = {d["AttributeName"]: d["AttributeType"] for d in found["AttributeDefinitions"]}
    assert types == {
        "pk": "S",
        "sk": "S",
        "gsi1pk": "S",
        "gsi1sk": "N",
        "t": "S",
        "count": "N",
        "id": "S",
    }
    first, second = found["GlobalSecondaryIndexes"]
    assert first["Projection"] == {"ProjectionType": "ALL"}
    assert [(key["AttributeName"], key["KeyType"]) for key in second["KeySchema"]] == [
        ("t", "HASH"),
        ("count", "RANGE"),
        ("id", "RANGE"),
    ]


@pytest.mark.parametrize(
    ("projections", "expected"),
    [
        (["keys_only"], {"ProjectionType": "KEYS_ONLY"}),
        ([("n",)], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["count"]}),
        (["keys_only", None], {"ProjectionType": "ALL"}),
    ],
)
def test_an_index_has_the_projection_of_its_entities(
    projections: list[Any], expected: dict[str, Any]
) -> None:
    entities = [_entity(f"e{i}", by_n=_by_n(p)) for i, p in enumerate(projections)]
    (index,) = table_definition("app", entities)["GlobalSecondaryIndexes"]
    assert index["Projection"] == expected


def test_a_table_without_indexes() -> None:
    assert "GlobalSecondaryIndexes" not in table_definition("app", [_entity("a")])


def test_entities_with_different_keys_are_rejected() -> None:
    other = Index(index="gsi1", pk=Key(field="other", composite=("t",)))
    texts = Index(
        index="gsi1",
        pk=Key(field="gsi1pk", composite=("t",)),
        sk=Key(field="gsi1sk", composite=("n",)),
    )
    for index in (other, texts):
        with pytest.raises(EntityError) as caught:
            table_definition("app", [_entity("a", by_n=_by_n()), _entity("b", by_n=index)])
        assert caught.value.code == 1024
