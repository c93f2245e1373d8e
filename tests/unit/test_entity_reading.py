"""A record is the same whether made of the stored item itself or attribute by attribute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from crossfade.entity import (
    Attribute,
    Entity,
    Index,
    Key,
    Schema,
    anything,
    number,
    set_of,
    string,
)
from crossfade.entity.readplan import record_reader

MARK = {"__edb_e__": "note", "__edb_v__": "1"}
KEY = {"pk": "$notes#id_a", "sk": "$note_1"}


class Note(msgspec.Struct):
    """A record whose fields are stored as they are."""

    id: str
    title: str = "untitled"
    stars: int | None = None
    tags: frozenset[str] = frozenset()


class Lenient(msgspec.Struct):
    """A record that takes None and has another default."""

    id: str
    title: str | None = "untitled"


class Ordered(msgspec.Struct):
    """A record that shows the order of a set's members."""

    id: str
    tags: list[str]


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    """A record that refuses what is no attribute."""

    id: str
    title: str = ""


class Open(msgspec.Struct):
    """A record with a field of any type, which may be NULL."""

    id: str
    extra: Any = "nothing"


class Keyed(msgspec.Struct):
    """A record with a field that is named as a key of the table, not as an attribute."""

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
    return {**KEY, **MARK, "id": "a", **values}


ITEMS = (
    _item(),
    _item(title="Cellar", stars=3, tags=frozenset(("wet", "dark"))),
    _item(title=None, stars=None),
    _item(extra=None, tags=["b", "a"]),
    _item(unknown="field", extra={"deep": [1]}),
)


def _outcome(read: Callable[[dict[str, Any]], Any], item: dict[str, Any]) -> Any:
    try:
        return read(item)
    except msgspec.ValidationError as refusal:
        return str(refusal)


@pytest.mark.parametrize("record", [Note, Lenient, Ordered, Closed, Open, Keyed])
@pytest.mark.parametrize("item", ITEMS)
def test_a_struct_of_the_item_is_the_struct_of_its_attributes(
    record: Any, item: dict[str, Any]
) -> None:
    """Whatever is absent, NULL, unknown or no attribute; so is the refusal."""
    core = _entity(record).core
    assert _outcome(core.read, item) == _outcome(
        lambda stored: core.convert(core.model.read_item(stored)), item
    )


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
def test_what_is_hidden_renamed_or_got_reaches_a_struct_by_its_rule(
    changes: dict[str, Attribute], expected: Note
) -> None:
    """None of these may be read from the item as it is."""
    item = _item(title="plain", t="renamed", tags=frozenset("x"))
    assert _entity(Note, **changes).core.read(item) == expected


def test_what_a_record_refuses_is_said_of_its_attributes() -> None:
    """The error is that of the attributes, though the item itself was tried first."""
    core = _entity(Note).core
    with pytest.raises(msgspec.ValidationError, match=r"Expected `str`.*\$\.title"):
        core.read(_item(title=["no text"]))


def test_plain_structs_are_made_without_a_dictionary_of_attributes() -> None:
    """The short way is taken where it may be."""
    model = _entity(Note).core.model
    read = record_reader(model, Note, lambda attributes: Note(f"of {len(attributes)} attributes"))
    assert read(ITEMS[1]) == Note("a", "Cellar", 3, frozenset(("wet", "dark")))
    assert read(ITEMS[2]) == Note("of 1 attributes")


@pytest.mark.parametrize("name", ["it's", 'a"b', "{value}", "two\nlines", "back\\slash", "\ud800"])
def test_any_name_of_an_attribute_is_read(name: str) -> None:
    """Names stand in written-out code, where they are quoted."""
    entity = _entity(dict, **{name: string(), f"{name}s": set_of(string()), f"{name}*": anything()})
    values = {name: "one", f"{name}s": ["a", "b"], f"{name}*": None}
    stored = {**values, f"{name}s": frozenset(("b", "a"))}
    assert entity.core.read(_item(**stored)) == {"id": "a", **values}
