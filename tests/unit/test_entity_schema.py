"""Schemas: declarations in Python, the JSON form, and the rejection of invalid ones."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crossfade.entity import (
    Attribute,
    Casing,
    Cast,
    Code,
    Entity,
    EntityError,
    Identifiers,
    Index,
    IndexType,
    Key,
    Padding,
    Schema,
    Type,
    list_of,
    map_of,
    number,
    set_of,
    string,
)

PK, SK = Key(field="pk", composite=("a",)), Key(field="sk", composite=("b",))
MAIN = Index(pk=PK, sk=SK)


def schema(
    attributes: dict[str, Attribute] | None = None, indexes: dict[str, Index] | None = None
) -> Schema:
    """Return a schema of attributes a, b, c and a table index, with changes."""
    base = {"a": string(), "b": string(), "c": string()}
    return Schema(
        entity="e",
        service="s",
        attributes={**base, **(attributes or {})},
        indexes={"main": MAIN, **(indexes or {})},
    )


def key(field: str, composite: tuple[str, ...], **options: Any) -> Key:
    """Return a key of these composites."""
    return Key(field=field, composite=composite, **options)


def second(**changes: Any) -> Index:
    """Return a secondary index, with changes."""
    given = {"index": "g", "pk": key("gpk", ("c",)), **changes}
    return Index(**given)


@pytest.mark.parametrize(
    ("code", "attributes", "indexes"),
    [
        (1003, {}, {"g": second(pk=Key(field="x", template="${}"))}),
        (1003, {}, {"g": second(pk=Key(field="x", template="${zz}"))}),
        (1004, {}, {"g": second(), "h": second()}),
        (1005, {}, {"g": second(collection="x")}),
        (
            1006,
            {},
            {
                "g": second(sk=key("gsk", ()), collection="x"),
                "h": second(index="h", pk=key("h", ("c",)), sk=key("hs", ()), collection="x"),
            },
        ),
        (1007, {}, {"main": second()}),
        (1008, {"d": string(field="a")}, {}),
        (1008, {"a": map_of({})}, {}),
        (1008, {"d": Attribute(type=Type.LIST)}, {}),
        (1008, {"d": set_of(list_of(string()))}, {}),
        (1008, {"d": Attribute(type=Type.ENUM)}, {}),
        (1009, {}, {"g": second(sk=key("x", ("a", "b"), cast=Cast.NUMBER))}),
        (1014, {}, {"g": second(sk=key("gpk", ()))}),
        (1014, {}, {"g": second(sk=key("sk", ("a",)))}),
        (1015, {}, {"g": second(sk=key("x", ("c", "b")))}),
        (1016, {"d": string(watch=("zz",))}, {}),
        (1016, {"d": string(watch=("e",)), "e": string(watch=("a",))}, {}),
        (1017, {}, {"g": second(pk=key("x", ("a",), template="${b}"))}),
        (1017, {}, {"g": second(pk=key("sk", ("b",), template="${b}"))}),
        (1018, {}, {"g": second(pk=key("c", ("c", "b")))}),
        (1018, {"d": number()}, {"g": second(pk=Key(field="d", template="x${d}"))}),
        (
            1019,
            {},
            {
                "g": second(pk=key("c", ("c",)), sk=key("x", ()), collection="x"),
            },
        ),
        (1008, {"c": string(padding=Padding(3, "0"))}, {"g": second(pk=key("c", ("c",)))}),
        (1020, {}, {"g": second(pk=key("sk", ("b",), casing=Casing.UPPER))}),
        (1024, {}, {"g": second(pk=key("pk", ("c",)))}),
        (1025, {}, {"g": second(projection=())}),
        (1025, {}, {"g": second(projection="some")}),
        (1025, {}, {"g": second(projection=("zz",))}),
        (1026, {}, {"g": second(pk=Key(composite=("c",)))}),
        (1026, {}, {"g": second(type=IndexType.COMPOSITE)}),
        (2011, {}, {"main": Index(pk=PK, sk=SK, condition=bool)}),
        (2011, {}, {"g": second(type=IndexType.COMPOSITE, pk=Key(composite=("c",)), scope="x")}),
    ],
)
def test_an_invalid_schema_is_rejected_with_electrodbs_code(
    code: int, attributes: dict[str, Attribute], indexes: dict[str, Index]
) -> None:
    with pytest.raises(EntityError) as caught:
        schema(attributes, indexes)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("where", "model"),
    [
        ("schema.model", {"attributes": {}, "indexes": {}, "model": 5}),
        ("model.version", {"model": {"entity": "e", "service": "s"}}),
        ("attributes.a.required", {"attributes": {"a": {"type": "string", "required": "yes"}}}),
        (
            "attributes.a.padding.char",
            {"attributes": {"a": {"type": "map", "padding": {"length": 1}}}},
        ),
        ("indexes.m.pk", {"indexes": {"m": {"pk": "a"}}}),
        ("indexes.m.type", {"indexes": {"m": {"pk": {"field": "pk"}, "type": "odd"}}}),
    ],
)
def test_an_invalid_json_form_is_reported_with_its_location(
    where: str, model: dict[str, Any]
) -> None:
    base = {
        "model": {"entity": "e", "version": "1", "service": "s"},
        "attributes": {},
        "indexes": {},
    }
    with pytest.raises(EntityError) as caught:
        Schema.from_json({**base, **model})
    assert caught.value.code == Code.INVALID_MODEL
    assert where in str(caught.value)


def test_python_names_and_wire_names() -> None:
    declared = Schema(
        entity="task",
        service="app",
        attributes={
            "user_id": string(name="userId"),
            "settings": map_of({"max_players": number(name="maxPlayers")}),
        },
        indexes={"by_user": Index(pk=Key(field="pk", template="USER#${user_id}"))},
    )
    written = declared.to_json()
    assert written["indexes"]["by_user"]["pk"]["template"] == "USER#${userId}"
    assert list(written["attributes"]["settings"]["properties"]) == ["maxPlayers"]
    assert Schema.from_json(written, snake_case=True).to_json() == written
    item = (
        Entity(declared, table="t").put(user_id="U", settings={"max_players": 5}).params()["Item"]
    )
    assert item["userId"] == "U"
    assert item["settings"] == {"maxPlayers": 5}
    assert item["pk"] == "user#u"


def test_snake_case_names_must_differ() -> None:
    model = schema().to_json()
    model["attributes"] |= {"userId": "string", "user_id": "string"}
    with pytest.raises(EntityError, match="snake case"):
        Schema.from_json(model, snake_case=True)


def test_patterns_have_a_json_form_and_functions_do_not() -> None:
    declared = schema({"d": string(validate=re.compile("^x", re.ASCII))})
    assert declared.to_json()["attributes"]["d"]["validate"] == {"$regex": "^x"}
    assert Schema.from_json(declared.to_json()) == declared
    with pytest.raises(EntityError, match="function"):
        schema({"d": string(default=lambda: "x")}).to_json()


def test_identifiers_and_access_patterns_are_public() -> None:
    entity = Entity(schema({}, {"g": second(collection=())}), identifiers=Identifiers("e", "v"))
    assert entity.identifiers == {"e": "e", "v": "1"}
    index = entity.indexes["g"]
    assert (index.name, index.index, index.pk.field, index.composites) == ("g", "g", "gpk", ("c",))
    assert entity.indexes["main"].sk is not None
