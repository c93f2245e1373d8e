"""Properties of keys, numbers, typed values, cursors and schemas."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any, Final, Literal

from hypothesis import assume, given
from hypothesis import strategies as st

from crossfade.entity import (
    Casing,
    Entity,
    EntityError,
    Index,
    Key,
    Schema,
    marshal,
    string,
    unmarshal,
)
from crossfade.entity.expressions.placeholders import Placeholders
from crossfade.entity.javascript import is_numeric, number_text
from crossfade.entity.requests import cursor as cursors
from interop import generate

_SURROGATES: Final[tuple[Literal["Cs"]]] = ("Cs",)
_LINE_CHARACTERS = st.characters(
    exclude_characters="\n\r\u2028\u2029", exclude_categories=_SURROGATES
)
texts = st.text(st.characters(exclude_categories=_SURROGATES), max_size=20)
numbers = st.one_of(
    st.integers(-(10**37), 10**37),
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    ),
)
values = st.recursive(
    st.one_of(texts, numbers, st.booleans(), st.none(), st.binary(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


@given(values)
def test_typed_values_round_trip(value: Any) -> None:
    assert unmarshal(marshal(value)) == value


@given(st.frozensets(st.one_of(texts), min_size=1))
def test_sets_round_trip_and_have_one_typed_form(members: frozenset[str]) -> None:
    assert unmarshal(marshal(members)) == members
    assert marshal(members) == marshal(frozenset(reversed(tuple(members))))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_in_keys_are_the_shortest_text_that_round_trips(number: float) -> None:
    text = number_text(number)
    assert float(text) == number
    assert is_numeric(text)
    assert not text.endswith(".0")
    assert number_text(Decimal(repr(number))) == text


@given(st.lists(texts, max_size=12), st.lists(texts, min_size=1, max_size=6))
def test_every_name_and_value_has_its_own_placeholder(names: list[str], valued: list[str]) -> None:
    placeholders = Placeholders()
    seen = {name: placeholders.name(name, name) for name in names}
    assert len(set(seen.values())) == len(seen)
    assert all(placeholders.names[text] == name for name, text in seen.items())
    try:
        texts_of_values = [placeholders.value(name, name) for name in (*valued, *valued)]
    except EntityError:
        assume(False)  # two names and their numbers would have met
        raise
    assert len(set(texts_of_values)) == 2 * len(valued)


@given(st.dictionaries(texts, st.one_of(texts, numbers), min_size=1, max_size=4))
def test_cursors_round_trip(key: dict[str, Any]) -> None:
    text = cursors.encode(key)
    assert cursors.decode(text) == key
    assert text.isascii()
    assert not set(text) & set("+/= ")


@given(st.text(max_size=30))
def test_any_text_decodes_to_a_cursor_or_an_error(text: str) -> None:
    assume(text)
    try:
        key = cursors.decode(text)
    except EntityError as error:
        key = {"code": error.code}
    assert isinstance(key, dict)
    assert key.get("code", 4001) == 4001


SCHEMA = Schema(
    entity="e",
    service="s",
    attributes={"a": string(), "b": string()},
    indexes={
        "main": Index(
            pk=Key(field="pk", composite=("a",), casing=Casing.NONE),
            sk=Key(field="sk", template="S#${b}", casing=Casing.NONE),
        )
    },
)
lines = st.text(
    st.characters(exclude_characters="\n\r\u2028\u2029", exclude_categories=_SURROGATES), min_size=1
)


@given(lines, lines)
def test_composites_round_trip_through_keys(a: str, b: str) -> None:
    conversions = Entity(SCHEMA).conversions
    keys = conversions.from_composite.to_keys({"a": a, "b": b})
    assert conversions.from_keys.to_composite(keys) == {"a": a, "b": b}
    cursor = conversions.from_composite.to_cursor({"a": a, "b": b})
    assert conversions.from_cursor.to_composite(cursor) == {"a": a, "b": b}


@given(lines, lines, lines, lines)
def test_different_composites_have_different_keys(a: str, b: str, c: str, d: str) -> None:
    entity = Entity(SCHEMA)
    same = entity.table_key({"a": a, "b": b}) == entity.table_key({"a": c, "b": d})
    assert same == ((a, b) == (c, d))


@given(st.integers(0, 10**9))
def test_schemas_round_trip_through_json(seed: int) -> None:
    recorded = generate.schema(Random(seed))  # noqa: S311 - repeatable randomness
    plain = {
        **recorded,
        "attributes": {n: _plain(a) for n, a in recorded["attributes"].items()},
        "indexes": {n: _plain(i) for n, i in recorded["indexes"].items()},
    }
    try:
        schema = Schema.from_json(plain)
    except EntityError:
        assume(False)  # not every random schema is valid
        raise
    assert Schema.from_json(schema.to_json()) == schema


def _plain(definition: dict[str, Any]) -> dict[str, Any]:
    return {o: v for o, v in definition.items() if not (isinstance(v, dict) and "$fn" in v)}
