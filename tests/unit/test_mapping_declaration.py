"""Declarations: what is derived from them, and the one message that each mistake gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crossfade.entity import Entity
from crossfade.errors import ConfigurationError
from crossfade.mapping import (
    Body,
    Column,
    KeyCase,
    KeyPart,
    Mapping,
    Rule,
    Shape,
    check_together,
    default_rule,
)
from support.mappings import SESSION, key, table

COLUMNS = (
    Column("id", "text", required=True),
    Column("owner", "text", required=True),
    Column("group_id", "uuid"),
    Column("price", "numeric"),
    Column("score", "double precision"),
    Column("labels", "text[]"),
    Column("data", "jsonb"),
)


def declare(**changes: Any) -> Mapping:
    """A sound mapping with some arguments changed."""
    arguments: dict[str, Any] = {
        "name": "thing",
        "table": "public.things",
        "primary_key": ("id",),
        "columns": COLUMNS,
        "shapes": (Shape("thing", {"record": table("OWNER#${owner}", "THING#${id}")}),),
        "service": "test",
    }
    return Mapping(**{**arguments, **changes})


def shaped(*keys: dict[str, Any]) -> dict[str, Any]:
    """The argument that gives a mapping one shape per table key."""
    return {"shapes": tuple(Shape("thing", {"record": each}) for each in keys)}


def with_column(column: Column) -> tuple[Column, ...]:
    return (*(each for each in COLUMNS if each.name != column.name), column)


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a name with capitals": ({"name": "Thing"}, "mapping Thing: name: "),
    "a table without schema": ({"table": "things"}, "table things: must be schema-qualified"),
    "a version before 1": ({"version": 0}, "version: must be 1 or more"),
    "no shape": ({"shapes": ()}, "shapes: is empty"),
    "no primary key": ({"primary_key": ()}, "primary_key: names no column"),
    "an unknown primary key": ({"primary_key": ("uid",)}, "primary_key column uid: is not among"),
    "a primary key twice": ({"primary_key": ("id", "id")}, "primary_key column id: is named twice"),
    "a column twice": (
        {"columns": (*COLUMNS, COLUMNS[0])},
        "column id: is declared more than once",
    ),
    "a column ignored too": ({"ignored": ("owner",)}, "column owner: is declared more than once"),
    "a column that is a body too": (
        {"bodies": (Body("data", "dataKey", "data"),)},
        "column data: is declared more than once",
    ),
    "an overflow body without column": (
        {"bodies": (Body("text", "textKey", "texts", overflow_only=True),)},
        "body text: has overflow_only, so the column must be declared",
    ),
    "a body twice": (
        {"bodies": (Body("text", "a", "texts"), Body("text", "b", "texts"))},
        "column text: is declared more than once",
    ),
    "an overflow body twice": (
        {"bodies": tuple(Body("data", name, "d", overflow_only=True) for name in "ab")},
        "body data: is declared twice",
    ),
    "a body without attribute": ({"bodies": (Body("text", "", "t"),)}, "body text: needs an attr"),
    "a prefix that climbs": (
        {"bodies": (Body("text", "textKey", "../texts"),)},
        "body text: its prefix needs letters",
    ),
    "a body's attribute twice": (
        {"bodies": (Body("text", "owner", "texts"),)},
        "attribute owner: is declared twice",
    ),
    "an attribute twice": (
        {"columns": (*COLUMNS, Column("other", "text", attribute="owner"))},
        "attribute owner: is declared twice",
    ),
    "a field twice": (
        {"columns": (*COLUMNS, Column("other", "text", field="owner"))},
        "field owner: is declared twice",
    ),
    "a body's reserved field": (
        {"bodies": (Body("text", "cf_m", "texts"),)},
        "body text: its field cf_m is reserved",
    ),
    "a rule for another type": (
        {"columns": with_column(Column("labels", "text[]", rule=Rule.NUMBER))},
        r"column labels: Rule.NUMBER does not read text\[\]",
    ),
    "documents in an array": (
        {"columns": with_column(Column("labels", "jsonb[]", rule=Rule.DOCUMENT))},
        "column labels: Rule.DOCUMENT does not read",
    ),
    "boxes in an array": (
        {"columns": with_column(Column("labels", "box[]", rule=Rule.LIST))},
        "column labels: Rule.LIST does not read",
    ),
    "an unknown composite": (
        shaped(table("OWNER#${nobody}", "THING#${id}")),
        r"shape 1 \(thing\): .*nobody",
    ),
    "no table key": (
        {"shapes": (Shape("thing", {"byId": {"index": "gsi1", **table("A#${id}", "B")}}),)},
        r"shape 1 \(thing\): ",
    ),
    "a key without the primary key": (
        shaped(table("OWNER#${owner}", "THING")),
        r"shape 1 \(thing\): primary key column id: is not in the table's key",
    ),
    "a last shape with a nullable column": (
        shaped(table("GROUP#${groupId}", "THING#${id}")),
        "column group_id: may be NULL, so some rows would have no key",
    ),
    "a shape that is never taken": (
        shaped(table("OWNER#${owner}", "T#${id}"), table("GROUP#${groupId}#${owner}", "T#${id}")),
        "shape 2: is never used, since shape 1 applies",
    ),
    "two shapes that may share a key": (
        shaped(table("G#${groupId}", "T#${id}"), table("G#${owner}", "T#${id}")),
        "shapes 1 and 2: may give two rows the same key",
    ),
    "a shape whose key begins like another's": (
        shaped(table("G#${groupId}", "T#${id}"), table("G#U#${owner}", "T#${id}")),
        "shapes 1 and 2: may give two rows the same key",
    ),
    "other key fields in a second shape": (
        shaped(
            table("G#${groupId}", "T#${id}"),
            {"pk": key("p", "O#${owner}"), "sk": key("s", "T#${id}")},
        ),
        "shapes: must all have the same key fields",
    ),
    "a list in a key": (shaped(table("L#${labels}", "T#${id}")), r"shape 1 \(thing\): .*labels"),
    "a float in a key": (
        shaped(table("S#${score}", "T#${id}")),
        "column score: double precision under Rule.FLOAT cannot be part of a key",
    ),
    "a float as text in a key": (
        {
            "columns": with_column(Column("score", "real", rule=Rule.TEXT, required=True)),
            **shaped(table("S#${score}", "T#${id}")),
        },
        "column score: real prints equal values differently",
    ),
    "a number without scale in a key": (
        {
            "columns": with_column(Column("price", "numeric", required=True)),
            **shaped(table("P#${price}", "T#${id}")),
        },
        "column price: numeric prints equal values differently",
    ),
    "a key that changes letter case": (
        shaped(table("OWNER#${owner}", "THING#${id}", casing="lower")),
        'column owner: pk changes its letter case; declare casing "none"',
    ),
    "columns side by side in a key": (
        shaped(table("O#${owner}${groupId}", "T#${id}")),
        "pk: needs a literal between its columns",
    ),
    "a body in a key": (
        {
            "bodies": (Body("text", "textKey", "texts"),),
            **shaped(table("O#${owner}#${textKey}", "T#${id}")),
        },
        "textKey: is a body, which cannot be part of a key",
    ),
    "a field that is a key's": (
        {
            "columns": (*COLUMNS, Column("gsi1pk", "text")),
            "shapes": (
                Shape(
                    "thing",
                    {
                        "record": table("O#${owner}", "T#${id}"),
                        "byId": {
                            "index": "gsi1",
                            "pk": key("gsi1pk", "T#${id}"),
                            "sk": key("gsi1sk", "T"),
                        },
                    },
                ),
            ),
        },
        "column gsi1pk: its field gsi1pk is a key field",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_its_place(mistake: str) -> None:
    changes, message = MISTAKES[mistake]
    with pytest.raises(ConfigurationError, match=message) as refusal:
        declare(**changes)
    assert str(refusal.value).startswith("mapping ")


@pytest.mark.parametrize(
    "field", ["pk", "sk", "cf_v", "cf_m", "cf_deleted", "__edb_e__", "__edb_v__"]
)
def test_control_attributes_are_reserved(field: str) -> None:
    with pytest.raises(ConfigurationError, match=f"column other: its field {field} is reserved"):
        declare(columns=(*COLUMNS, Column("other", "text", field=field)))


def test_an_overflow_body_may_have_a_column() -> None:
    mapping = declare(bodies=(Body("data", "dataKey", "data", overflow_only=True),))
    assert mapping.bodies[0].column == "data"


def test_attributes_are_named_in_camel_case_unless_named() -> None:
    assert Column("group_id", "uuid").attribute == "groupId"
    assert Column("groupId", "uuid").attribute == "groupId"
    assert Column("id", "uuid", attribute="thingId", field="id").field == "id"
    assert Column("id", "uuid", attribute="thingId").field == "thingId"


def test_key_parts_are_the_primary_key_then_the_key_columns_of_the_shapes() -> None:
    assert SESSION.key_columns == ("id", "campaign_id", "user_id")
    assert SESSION.key_parts == (
        KeyPart("id", "text"),
        KeyPart("campaign_id", "uuid", (KeyCase(("campaign_id",), True), KeyCase((), False))),
        KeyPart("user_id", "text", (KeyCase(("campaign_id",), False), KeyCase((), True))),
    )


def test_columns_of_every_shape_are_always_part_of_the_key() -> None:
    mapping = declare()
    assert mapping.key_parts == (KeyPart("id", "text"), KeyPart("owner", "text"))


def test_there_is_an_electrodb_schema_per_shape() -> None:
    first, second = SESSION.schemas()
    assert first["model"] == {"entity": "session", "version": "1", "service": "dm"}
    assert second["model"]["entity"] == "unfiled"
    assert first["attributes"] == second["attributes"]
    assert first["attributes"] | {} == {
        "sessionId": {"type": "string", "field": "id", "required": True},
        "userId": {"type": "string", "required": True},
        "campaignId": {"type": "string"},
        "number": {"type": "number"},
        "title": {"type": "string", "required": True},
        "notes": {"type": "string"},
        "summary": {"type": "string"},
        "startedAt": {"type": "string"},
        "tags": {"type": "list", "items": {"type": "any"}},
        "isStarred": {"type": "boolean"},
        "transcriptStorageKey": {"type": "string"},
        "notesStorageKey": {"type": "string"},
        "summaryStorageKey": {"type": "string"},
    }
    assert Entity(first).identifiers == {"__edb_e__": "session", "__edb_v__": "1"}


@pytest.mark.parametrize(
    ("type_name", "rule"),
    [
        ("text", Rule.TEXT),
        ("character varying(64)", Rule.TEXT),
        ("character(5)", Rule.TEXT),
        ("uuid", Rule.TEXT),
        ("citext", Rule.TEXT),
        ('"CampaignStatus"', Rule.TEXT),
        ("numeric(12,4)", Rule.TEXT),
        ("date", Rule.TEXT),
        ("time(0) without time zone", Rule.TEXT),
        ("jsonb", Rule.TEXT),
        ("smallint", Rule.NUMBER),
        ("int8", Rule.NUMBER),
        ("real", Rule.FLOAT),
        ("float8", Rule.FLOAT),
        ("bool", Rule.BOOLEAN),
        ("timestamp(6) with time zone", Rule.INSTANT),
        ("timestamptz(3)", Rule.INSTANT),
        ("timestamp(3) without time zone", Rule.LOCAL_TIME),
        ("bytea", Rule.BYTES),
        ("text[]", Rule.LIST),
        ("numeric(5,2)[]", Rule.LIST),
        ('"MemberRole"[]', Rule.LIST),
        ("box[]", Rule.TEXT),
    ],
)
def test_each_type_has_a_rule(type_name: str, rule: Rule) -> None:
    assert default_rule(type_name) is rule


@pytest.mark.parametrize(
    ("type_name", "rule"),
    [
        ("bigint", Rule.TEXT),
        ("numeric(5,2)", Rule.NUMBER),
        ("numeric[]", Rule.NUMBER),
        ("text[]", Rule.TEXT),
        ("jsonb", Rule.DOCUMENT),
        ("positive_integer", Rule.NUMBER),
        ("myschema.moment", Rule.INSTANT),
    ],
)
def test_a_type_may_be_given_another_rule_that_reads_it(type_name: str, rule: Rule) -> None:
    mapping = declare(columns=with_column(Column("data", type_name, rule=rule)))
    assert mapping.columns[-1].rule is rule


def test_mappings_of_one_table_must_not_share_a_key() -> None:
    thing = declare()
    other = replace(
        thing,
        name="other",
        shapes=(Shape("other", {"record": table("OWNER#${owner}", "OTHER#${id}")}),),
    )
    check_together([thing, other, SESSION])
    for wrong, message in (
        (replace(other, name="thing"), "have the same name"),
        (replace(other, shapes=thing.shapes), "may have the same key"),
        (
            declare(
                name="third",
                **shaped({"pk": key("p", "P#${owner}"), "sk": key("s", "T#${id}")}),
            ),
            "have different key fields",
        ),
    ):
        with pytest.raises(ConfigurationError, match=message):
            check_together([thing, wrong])
