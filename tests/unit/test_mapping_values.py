"""The form of single values inside items, their sizes, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest

from crossfade.errors import Unmappable
from crossfade.mapping import Codec, Column, Mapping, Rule, Shape, same_content
from crossfade.mapping.codec.arrays import parse_array
from crossfade.mapping.codec.item_size import item_bytes, number_bytes, value_bytes
from crossfade.mapping.codec.json_documents import document
from support.mappings import row_of, table


def encoded(type_name: str, text: str, rule: Rule | None = None) -> dict[str, Any]:
    """The value of a column of this type."""
    codec = Codec(
        Mapping(
            name="thing",
            table="public.things",
            primary_key=("id",),
            columns=(Column("id", "text", required=True), Column("value", type_name, rule=rule)),
            shapes=(Shape("thing", {"record": table("T#${id}", "T")}),),
            service="test",
        )
    )
    return codec.encode(row_of({"id": "1", "value": text}, codec)).item["value"]


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("text", "", {"S": ""}),
        ("character(5)", "en   ", {"S": "en   "}),
        ("numeric(12,4)", "1.5000", {"S": "1.5000"}),
        ("bigint", "9223372036854775807", {"N": "9223372036854775807"}),
        ("double precision", "0.1", {"N": "0.1"}),
        ("double precision", "1e+20", {"N": "1e+20"}),
        ("double precision", "-0", {"S": "-0"}),
        ("double precision", "NaN", {"S": "NaN"}),
        ("double precision", "-Infinity", {"S": "-Infinity"}),
        ("double precision", "1e+126", {"S": "1e+126"}),
        ("double precision", "1e-131", {"S": "1e-131"}),
        ("boolean", "f", {"BOOL": False}),
        (
            "timestamp with time zone",
            "2026-01-02 03:04:05.6+00",
            {"S": "2026-01-02T03:04:05.600000Z"},
        ),
        ("timestamp with time zone", "-infinity", {"S": "-infinity"}),
        (
            "timestamp with time zone",
            "0044-03-15 12:00:00+00 BC",
            {"S": "0044-03-15 12:00:00+00 BC"},
        ),
        ("timestamp without time zone", "2026-01-02 03:04:05", {"S": "2026-01-02T03:04:05.000000"}),
        ("timestamp without time zone", "10000-01-01 00:00:00", {"S": "10000-01-01 00:00:00"}),
        ("date", "2026-01-02", {"S": "2026-01-02"}),
        ("bytea", "\\x00ff", {"S": "AP8="}),
        ("bytea", "\\x", {"S": ""}),
        ("json", '{"a": 1}', {"S": '{"a": 1}'}),
        (
            "integer[]",
            "{{1,NULL},{3,4}}",
            {"L": [{"L": [{"N": "1"}, {"NULL": True}]}, {"L": [{"N": "3"}, {"N": "4"}]}]},
        ),
        (
            "text[]",
            '{"",NULL,"NULL","a,b"}',
            {"L": [{"S": ""}, {"NULL": True}, {"S": "NULL"}, {"S": "a,b"}]},
        ),
        ("text[]", "[0:1]={a,b}", {"S": "[0:1]={a,b}"}),
        ("text[]", "{}", {"L": []}),
    ],
)
def test_a_value_has_the_form_of_its_type(type_name: str, text: str, value: dict[str, Any]) -> None:
    assert encoded(type_name, text) == value


@pytest.mark.parametrize(
    ("type_name", "rule", "text", "value"),
    [
        ("bigint", Rule.TEXT, "7", {"S": "7"}),
        ("numeric", Rule.NUMBER, "1.50", {"N": "1.50"}),
        ("numeric[]", Rule.NUMBER, "{1.50}", {"L": [{"N": "1.50"}]}),
        ("text[]", Rule.TEXT, "{a}", {"S": "{a}"}),
        ("jsonb", Rule.DOCUMENT, "null", {"NULL": True}),
        (
            "jsonb",
            Rule.DOCUMENT,
            '{"a": [1, "x", true]}',
            {"M": {"a": {"L": [{"N": "1"}, {"S": "x"}, {"BOOL": True}]}}},
        ),
    ],
)
def test_a_rule_of_choice_decides_the_form(
    type_name: str, rule: Rule, text: str, value: dict[str, Any]
) -> None:
    assert encoded(type_name, text, rule) == value


@pytest.mark.parametrize(
    ("type_name", "rule", "text", "kind"),
    [
        ("numeric", Rule.NUMBER, "1" * 39, "a number with 39 significant digits"),
        ("numeric", Rule.NUMBER, "1" + "0" * 126, r"a number of the order 1E\+126"),
        ("numeric", Rule.NUMBER, "0." + "0" * 130 + "1", "a number of the order 1E-131"),
        ("numeric", Rule.NUMBER, "NaN", "not a finite number"),
        ("numeric[]", Rule.NUMBER, "{1,NaN}", "not a finite number"),
        ("jsonb", Rule.DOCUMENT, "1" * 39, "a document with a number with 39"),
        ("json", Rule.DOCUMENT, '{"a": 1, "a": 2}', "a duplicate key in an object"),
        ("json", Rule.DOCUMENT, '{"": 1}', "an empty key"),
        ("json", Rule.DOCUMENT, '"\\ud834"', "lone surrogate"),
        ("json", Rule.DOCUMENT, "NaN", "not a JSON text"),
        ("jsonb", Rule.DOCUMENT, "[" * 33 + "]" * 33, "a document deeper than 32 levels"),
        ("jsonb", Rule.DOCUMENT, "[" * 5000 + "]" * 5000, "a document deeper than 32 levels"),
        ("bytea", None, "\\000", "bytes that are not in bytea_output hex"),
        ("timestamp with time zone", None, "2026-01-02 03:04:05-05", "not a timestamp"),
        ("timestamp without time zone", None, "2026-01-02 03:04:05+00", "not a timestamp"),
        ("timestamp without time zone", None, "02.01.2026 03:04:05", "not a timestamp"),
        ("text[]", None, "{a", "not an array literal"),
        ("text[]", None, '{"a"', "not an array literal"),
        ("text[]", None, '{"a"}}', "not an array literal"),
        ("text[]", None, "{{a}", "not an array literal"),
        ("text[]", None, "{a}{b}", "not an array literal"),
    ],
)
def test_a_value_without_an_exact_form_is_refused(
    type_name: str, rule: Rule | None, text: str, kind: str
) -> None:
    with pytest.raises(Unmappable, match=kind) as refusal:
        encoded(type_name, text, rule)
    assert refusal.value.field == "value"
    assert refusal.value.remedy
    assert len(str(refusal.value)) < 200


def test_a_document_may_be_as_deep_as_dynamodb_takes() -> None:
    assert document("[" * 32 + "]" * 32)


def test_dimensions_are_kept() -> None:
    assert parse_array("{{{a},{b}},{{c},{d}}}") == [[["a"], ["b"]], [["c"], ["d"]]]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "é€"}, 5),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "-7"}, 3),
        ({"N": "1200"}, 2),
        ({"N": "123456789"}, 6),
        ({"N": "0.00012"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {}}, 3),
        ({"M": {"é": {"S": "ab"}}}, 3 + 1 + 2 + 2),
    ],
)
def test_values_are_as_large_as_dynamodb_counts_them(value: dict[str, Any], size: int) -> None:
    assert value_bytes(value) == size
    assert item_bytes({"name": value}) == size + 4


def test_only_what_a_mapping_writes_has_a_size() -> None:
    with pytest.raises(ValueError, match="SS"):
        value_bytes({"SS": ["a"]})
    with pytest.raises(ValueError, match="not a number"):
        number_bytes("seven")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"N": "1.50"}, {"N": "1.5"}, True),
        ({"N": "100"}, {"N": "1E+2"}, True),
        ({"N": "0"}, {"N": "-0.0"}, True),
        ({"N": "1"}, {"N": "-1"}, False),
        ({"N": "1"}, {"S": "1"}, False),
        ({"S": "1.50"}, {"S": "1.5"}, False),
        ({"BOOL": True}, {"BOOL": False}, False),
        ({"L": [{"N": "1.0"}]}, {"L": [{"N": "1"}]}, True),
        ({"L": [{"S": "a"}]}, {"L": [{"S": "a"}, {"S": "b"}]}, False),
        ({"M": {"a": {"N": "1"}}}, {"M": {"a": {"N": "1.0"}}}, True),
        ({"M": {"a": {"N": "1"}}}, {"M": {"b": {"N": "1"}}}, False),
        ({"N": "many"}, {"N": "1"}, False),
    ],
)
def test_content_is_compared_by_type(
    one: dict[str, Any], other: dict[str, Any], *, same: bool
) -> None:
    assert same_content({"x": one}, {"x": other}) is same
    assert not same_content({"x": one}, {"x": other, "y": one})
