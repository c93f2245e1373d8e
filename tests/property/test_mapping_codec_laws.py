"""Laws of the codec: what is sent comes back, and keys of rows and items are one to one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crossfade.errors import Unmappable
from crossfade.mapping import Codec, Column, Mapping, Rule, Shape
from crossfade.mapping.codec.arrays import print_array
from crossfade.mapping.codec.item_size import ITEM_BYTES_MAX, item_bytes
from crossfade.mapping.state import Key, Live
from support.mappings import row_of, table
from support.value_strategies import SCALARS, timestamp

TRICKY = st.text("#$T", min_size=1, max_size=4)


def one_column(column: Column) -> Codec:
    return Codec(
        Mapping(
            name="thing",
            table="public.things",
            primary_key=("id",),
            columns=(Column("id", "text", required=True), column),
            shapes=(Shape("thing", {"record": table("T#${id}", "T")}),),
            service="test",
        )
    )


CODECS = {
    name: one_column(Column("value", name))
    for scalar in SCALARS
    for name in (scalar, f"{scalar}[]")
}


@st.composite
def typed_texts(draw: st.DrawFn) -> tuple[str, str | None]:
    """A type and a text, as PostgreSQL prints a value or an array of it."""
    name = draw(st.sampled_from(sorted(SCALARS)))
    values = SCALARS[name]
    flat = st.lists(values | st.none())
    nested = st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.lists(values | st.none(), min_size=width, max_size=width), min_size=1, max_size=3
        )
    )
    match draw(st.sampled_from(["value", "null", "array"])):
        case "value":
            return name, draw(values)
        case "null":
            return name, None
        case _:
            elements: Any = draw(flat | nested)
            return f"{name}[]", print_array(elements)


@given(typed_texts())
def test_what_is_sent_comes_back(typed: tuple[str, str | None]) -> None:
    name, text = typed
    codec = CODECS[name]
    columns = {"id": "1", "value": text}
    item = codec.encode(row_of(columns, codec)).item
    stored = codec.decode(item)
    assert stored.columns == columns == codec.canonical(columns)


@given(typed_texts())
def test_an_item_never_outgrows_the_bound_that_spares_it_from_being_weighed(
    typed: tuple[str, str | None],
) -> None:
    name, text = typed
    codec = CODECS[name]
    item = codec.encode(row_of({"id": "1", "value": text}, codec)).item
    spare = codec._safe_characters - len(text or "") - 1
    assert item_bytes(item) + spare * 4 <= ITEM_BYTES_MAX


@given(st.datetimes(datetime(1, 1, 1)), st.datetimes(datetime(1, 1, 1)))  # noqa: DTZ001 - UTC
def test_instants_sort_as_time_does(one: datetime, other: datetime) -> None:
    codec = CODECS["timestamp with time zone"]

    def stored(moment: datetime) -> str:
        row = row_of({"id": "1", "value": f"{timestamp(moment)}+00"}, codec)
        return str(codec.encode(row).item["value"]["S"])

    assert (stored(one) < stored(other)) == (one < other)
    assert datetime.fromisoformat(stored(one)) == one.replace(tzinfo=UTC)


@given(st.binary())
def test_bytes_are_stored_in_base64(data: bytes) -> None:
    codec = CODECS["bytea"]
    item = codec.encode(row_of({"id": "1", "value": "\\x" + data.hex()}, codec)).item
    assert item["value"] == {"S": b64encode(data).decode()}


Rendered = Callable[[dict[str, str | None]], object]


def outcome(make: Rendered, columns: dict[str, str | None]) -> object:
    """What is made of a row; a row that is refused is of no interest here."""
    try:
        return make(columns)
    except Unmappable:
        assume(False)
        raise


MANY_SHAPES = Codec(
    Mapping(
        name="thing",
        table="public.things",
        primary_key=("id",),
        columns=(
            Column("id", "text", required=True),
            Column("a", "text"),
            Column("b", "text"),
            Column("c", "text", required=True),
        ),
        shapes=(
            Shape("ab", {"record": table("AB#${a}#${b}", "T#${id}")}),
            Shape("a", {"record": table("A_${a}$$${id}", "T#${c}")}),
            Shape("rest", {"record": table("C#${c}", "T#${id}")}),
        ),
        service="test",
    )
)
KEYED = st.fixed_dictionaries(
    {"id": TRICKY, "a": TRICKY | st.none(), "b": TRICKY | st.none(), "c": TRICKY}
)


def ledger_key(columns: dict[str, str | None]) -> Key:
    return MANY_SHAPES.key_of(columns)


def item_key(columns: dict[str, str | None]) -> dict[str, Any]:
    return MANY_SHAPES.table_key(MANY_SHAPES.key_of(columns))


def test_ledger_keys_and_item_keys_are_one_to_one() -> None:
    """Every row that can be made of a few texts that resemble separators."""
    texts = ["#", "x", "x#", "#x", "x#x", "$", "x$", "$x"]
    rows_by_item: dict[str, set[Key]] = {}
    items_by_row: dict[Key, set[str]] = {}
    for row_id, a, b, c in product(texts, [None, *texts], [None, *texts], texts):
        columns = {"id": row_id, "a": a, "b": b, "c": c}
        with suppress(Unmappable):
            item = str(item_key(columns))
            rows_by_item.setdefault(item, set()).add(ledger_key(columns))
            items_by_row.setdefault(ledger_key(columns), set()).add(item)
    assert {len(rows) for rows in rows_by_item.values()} == {1}
    assert {len(items) for items in items_by_row.values()} == {1}
    assert len(items_by_row) > 500


@given(KEYED)
def test_the_key_of_an_item_follows_from_its_ledger_key(columns: dict[str, str | None]) -> None:
    keys = outcome(item_key, columns)
    item = MANY_SHAPES.encode(Live(ledger_key(columns), 1, columns)).item
    assert keys == {field: item[field] for field in ("pk", "sk")}


@given(KEYED)
def test_parts_follow_the_decision_table(columns: dict[str, str | None]) -> None:
    """What the triggers compute in SQL from `key_parts` is what the codec computes."""
    expected = []
    for part in MANY_SHAPES.mapping.key_parts:
        cases = [case for case in part.cases if all(columns[name] for name in case.present)]
        used = part.is_always_used or cases[0].used
        expected.append(columns[part.column] if used else None)
    assert ledger_key(columns).parts == tuple(expected)


@given(TRICKY, st.sampled_from([Rule.NUMBER, Rule.DOCUMENT]))
def test_a_refusal_never_quotes_the_value(text: str, rule: Rule) -> None:
    codec = one_column(Column("value", "domain", rule=rule))
    with pytest.raises(Unmappable) as refusal:
        codec.encode(row_of({"id": "1", "value": f"secret {text}"}, codec))
    assert "secret" not in str(refusal.value)
