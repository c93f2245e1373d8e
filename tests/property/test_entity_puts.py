"""The generated put and the general put build equal items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from crossfade.entity import Entity, EntityError, Index, Key, Schema, anything, set_of, string
from crossfade.entity.requests.put import GeneralPut
from golden.encoding import decode
from interop import generate

ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    0,
    True,
    1.5,
    [],
    ["x", 1],
    ("x",),
    {"p": None},
    {"deep": 5},
    frozenset("x"),
)


class Text(str):
    """A subclass of str."""

    __slots__ = ()


def _outcome(make: Callable[[Mapping[str, Any]], Any], values: Mapping[str, Any]) -> Any:
    try:
        item = make(values)
    except EntityError as error:
        return str(error)
    return {field: (value.__class__, value) for field, value in item.items()}


def _values(random: Random, schema: generate.Schema) -> dict[str, Any]:
    """Return values for a put, sometimes with invalid ones."""
    found = generate.values(random, schema, random.choice((0.5, 0.9, 1.0)))
    found |= generate.table_key(random, schema)
    if random.random() < 0.3:
        name = random.choice([*schema["attributes"], "unknown"])
        found[name] = random.choice(ODD_VALUES)
    if random.random() < 0.2:
        found = {n: Text(v) if isinstance(v, str) else v for n, v in found.items()}
    return found


@given(st.integers(0, 2**32), st.booleans())
def test_the_generated_put_agrees_with_the_general_put(seed: int, strict: bool) -> None:  # noqa: FBT001
    random = Random(seed)  # noqa: S311 - repeatable randomness
    schema = generate.schema(random)
    try:
        context = Entity(decode(schema), strict=strict).context
    except EntityError:
        assume(False)
        raise
    general = GeneralPut(context.model).item
    for _ in range(5):
        values = decode(_values(random, schema))
        assert _outcome(context.make_item, values) == _outcome(general, values)


def test_a_default_is_called_once() -> None:
    """This holds if the generated put falls back after the call of the default."""
    made: list[str] = []

    def default() -> str:
        made.append("made")
        return f"id {len(made)}"

    schema = Schema(
        entity="note",
        service="notes",
        attributes={
            "id": string(default=default),
            "a": string(),
            "b": string(),
            "tags": set_of(string()),
            "extra": anything(default=lambda: "made"),
        },
        indexes={
            "table": Index(pk=Key(field="pk", composite=("id",)), sk=Key(field="sk", composite=())),
            "ab": Index(
                index="gsi1",
                pk=Key(field="gsi1pk", composite=("a",)),
                sk=Key(field="gsi1sk", composite=("b",)),
            ),
        },
    )
    notes = Entity(schema, table="notes")
    assert notes.put(a="x", b="y").params()["Item"]["id"] == "id 1"
    unfinished = notes.put(a="x").params()["Item"]
    assert (unfinished["id"], unfinished["gsi1sk"]) == ("id 2", "$note_1#b_")
    assert notes.put(id="given", extra=None).params()["Item"]["extra"] is None
    assert len(made) == 2


def test_an_empty_key_is_not_stored() -> None:
    schema = Schema(
        entity="note",
        service="notes",
        attributes={"id": string(required=True), "a": string()},
        indexes={
            "table": Index(pk=Key(field="pk", composite=("id",)), sk=Key(field="sk", composite=())),
            "by_a": Index(index="gsi1", pk=Key(field="gsi1pk", template="${a}")),
        },
    )
    context = Entity(schema).context
    assert context.make_item({"id": "x", "a": "y"})["gsi1pk"] == "y"
    assert "gsi1pk" not in context.make_item({"id": "x", "a": ""})
    assert context.make_item({"id": "x", "a": ""}) == GeneralPut(context.model).item(
        {"id": "x", "a": ""}
    )
