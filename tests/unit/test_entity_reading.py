"""The generated reader and the general reader return equal records."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

import msgspec
import pytest

from crossfade.entity import (
    Attribute,
    Entity,
    Index,
    Key,
    Schema,
    anything,
    list_of,
    marshal_item,
    number,
    set_of,
    string,
)
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.readers import own_reader

IDENTITY = {"__edb_e__": "note", "__edb_v__": "1"}
KEY = {"pk": "$notes#id_a", "sk": "$note_1"}


class Note(msgspec.Struct):
    """A record whose fields are stored unchanged."""

    id: str
    title: str = "untitled"
    stars: int | None = None
    tags: frozenset[str] = frozenset()


class Lenient(msgspec.Struct):
    """A record that accepts None and has another default."""

    id: str
    title: str | None = "untitled"


class Ordered(msgspec.Struct):
    """A record that preserves the order of a set's members."""

    id: str
    tags: list[str]


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    """A record that rejects unknown fields."""

    id: str
    title: str = ""


class Open(msgspec.Struct):
    """A record with a field of any type, which may be NULL."""

    id: str
    extra: Any = "nothing"


class Size(msgspec.Struct):
    """A record of a map."""

    width: float
    unit: str = "cm"
    round: bool | None = None


class Detailed(msgspec.Struct, kw_only=True):
    """A record of values that must be checked, copied or converted."""

    id: str
    stars: float = 0.5
    tags: set[str] = msgspec.field(default_factory=set)
    extra: Size | None = None
    title: Literal["Cellar", "Attic"] = "Attic"


class Keyed(msgspec.Struct):
    """A record with a field that has the name of a table key, not of an attribute."""

    id: str
    sk: str = "no attribute"


def _entity(record: Any, **changes: Attribute) -> Entity[Any]:
    attributes = {
        "id": string(required=True),
        "title": string(),
        "stars": number(),
        "tags": set_of(string()),
        "extra": anything(),
        **changes,
    }
    pk, sk = Key(field="pk", composite=("id",)), Key(field="sk", composite=())
    indexes = {"table": Index(pk=pk, sk=sk)}
    schema = Schema(entity="note", service="notes", attributes=attributes, indexes=indexes)
    return Entity(schema, record=record, table="notes")


def _item(**values: Any) -> dict[str, Any]:
    return {**KEY, **IDENTITY, "id": "a", **values}


ITEMS = (
    _item(),
    _item(title="Cellar", stars=3, tags=frozenset(("wet", "dark"))),
    _item(title=None, stars=None),
    _item(extra=None, tags=["b", "a"]),
    _item(unknown="field", extra={"deep": [1]}),
    _item(extra={"width": 5, "round": None}, stars=Decimal("2.5")),
    _item(extra={"width": Decimal("1.5"), "unit": "m"}, title="Attic"),
)


def _outcome(read: Callable[[dict[str, Any]], Any], item: dict[str, Any]) -> Any:
    try:
        return read(item)
    except msgspec.ValidationError as error:
        return str(error)


def _readers(context: ExecutionContext[Any]) -> tuple[Callable[[dict[str, Any]], Any], ...]:
    """Return the readers of plain items and of typed items, both called with plain items."""
    return context.read_own, lambda item: context.read_typed(marshal_item(item))


@pytest.mark.parametrize("record", [Note, Lenient, Ordered, Closed, Open, Keyed, Detailed, dict])
@pytest.mark.parametrize("item", ITEMS)
def test_the_generated_reader_agrees_with_the_general_reader(
    record: Any, item: dict[str, Any]
) -> None:
    """They return equal records, or equal errors, for absent, NULL and unknown fields too."""
    context = _entity(record).context
    for read in _readers(context):
        assert _outcome(read, item) == _outcome(context.read, item)


@pytest.mark.parametrize("record", [Note, Closed, dict])
def test_an_item_without_the_entitys_identifiers_is_not_read(record: Any) -> None:
    for read in _readers(_entity(record).context):
        assert read(_item()) is not None
        for foreign in ({"__edb_e__": "user"}, {"__edb_v__": "2"}, {"__edb_e__": None}):
            assert read(_item(**foreign)) is None


def test_a_record_shares_nothing_with_its_item() -> None:
    class Listed(msgspec.Struct):
        id: str
        names: list[str]

    context = _entity(Listed, names=list_of(string())).context
    item = _item(names=["Ann"])
    record = context.read_own(item)
    assert record
    record.names.append("Bob")
    assert item["names"] == ["Ann"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Note("a", "plain", tags=frozenset("x"))),
        ({"title": string(hidden=True)}, Note("a", tags=frozenset("x"))),
        ({"tags": set_of(string(), hidden=True)}, Note("a", "plain")),
        ({"title": string(field="t")}, Note("a", "renamed", tags=frozenset("x"))),
        (
            {"title": string(field="t"), "extra": string(field="title")},
            Note("a", "renamed", tags=frozenset("x")),
        ),
        (
            {"title": string(get=lambda value, _siblings: f"<{value}>")},
            Note("a", "<plain>", tags=frozenset("x")),
        ),
        (
            {"tags": set_of(string(), get=lambda value, _siblings: [*value, "y"])},
            Note("a", "plain", tags=frozenset("xy")),
        ),
    ],
)
def test_hidden_renamed_and_computed_attributes_are_read_into_structs(
    changes: dict[str, Attribute], expected: Note
) -> None:
    """None of these can be read from the item unchanged."""
    item = _item(title="plain", t="renamed", tags=frozenset("x"))
    for read in _readers(_entity(Note, **changes).context):
        assert read(item) == expected


def test_a_record_error_refers_to_attributes() -> None:
    """The general reader raises the error after the generated reader has failed."""
    context = _entity(Note).context
    with pytest.raises(msgspec.ValidationError, match=r"Expected `str`.*\$\.title"):
        context.read_own(_item(title=["no text"]))


@pytest.mark.parametrize("typed", [False, True])
def test_plain_structs_are_constructed_without_a_dictionary_of_attributes(*, typed: bool) -> None:
    """The generated reader is used for common items, and `convert` for others."""

    def convert(attributes: dict[str, Any]) -> Note:
        return Note(f"of {len(attributes)} attributes")

    read = own_reader(_entity(Note).context.model, Note, convert, typed=typed)
    form = marshal_item if typed else dict
    assert read(form(ITEMS[1])) == Note("a", "Cellar", 3, frozenset(("wet", "dark")))
    assert read(form(_item(title=b"no text"))) == Note("of 2 attributes")


@pytest.mark.parametrize("name", ["it's", 'a"b', "{value}", "two\nlines", "back\\slash", "\ud800"])
def test_an_attribute_can_have_any_name(name: str) -> None:
    """Names are quoted in generated code."""
    entity = _entity(dict, **{name: string(), f"{name}s": set_of(string()), f"{name}*": anything()})
    values = {name: "one", f"{name}s": ["a", "b"], f"{name}*": None}
    stored = {**values, f"{name}s": frozenset(("b", "a"))}
    assert entity.context.read_own(_item(**stored)) == {"id": "a", **values}
