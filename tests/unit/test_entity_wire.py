"""Conversion between Python values and DynamoDB's typed attribute values."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from crossfade.entity import EntityError, marshal, marshal_item, unmarshal, unmarshal_item


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("", {"S": ""}),
        ("é", {"S": "é"}),
        (Colour.RED, {"S": "red"}),
        (True, {"BOOL": True}),
        (None, {"NULL": True}),
        (5, {"N": "5"}),
        (5.0, {"N": "5"}),
        (0.1, {"N": "0.1"}),
        (Decimal("1.50"), {"N": "1.50"}),
        (10**37 + 1, {"N": str(10**37 + 1)}),
        (1e-7, {"N": "1E-7"}),
        ([1, "a"], {"L": [{"N": "1"}, {"S": "a"}]}),
        ((None,), {"L": [{"NULL": True}]}),
        ({"a": {"b": False}}, {"M": {"a": {"M": {"b": {"BOOL": False}}}}}),
        ({"b", "a"}, {"SS": ["a", "b"]}),
        (frozenset({2, Decimal("1.5")}), {"NS": ["1.5", "2"]}),
        (b"\x00\xff", {"B": "AP8="}),
        ({b"\x01"}, {"BS": ["AQ=="]}),
    ],
)
def test_values(value: Any, typed: dict[str, Any]) -> None:
    assert marshal(value) == typed
    back = unmarshal(typed)
    assert back == (list(value) if isinstance(value, tuple) else value) or isinstance(value, float)


@pytest.mark.parametrize(
    "value",
    [
        set(),
        {"a", 1},
        {True},
        float("nan"),
        float("inf"),
        Decimal("1" * 39),
        10**126,
        1e-131,
        "\ud800",
        {"a": "\ud800"},
        {1: "a"},
        object(),
    ],
)
def test_values_that_dynamodb_cannot_hold_are_rejected_with_their_path(value: Any) -> None:
    with pytest.raises(EntityError) as caught:
        marshal_item({"notes": value})
    assert caught.value.code == 3001
    assert caught.value.faults[0].path.startswith("notes")


def test_messages_do_not_contain_values() -> None:
    with pytest.raises(EntityError) as caught:
        marshal({"secret": "word\ud800"})
    assert "word" not in str(caught.value)


def test_numbers_never_become_floats() -> None:
    read = unmarshal_item({"a": {"N": "0.1"}, "b": {"N": "12"}, "c": {"NS": ["1", "2.5"]}})
    assert read == {"a": Decimal("0.1"), "b": 12, "c": {1, Decimal("2.5")}}
    assert type(read["b"]) is int


@pytest.mark.parametrize("typed", [{}, {"X": "1"}, {"S": "a", "N": "1"}])
def test_malformed_values_are_rejected(typed: dict[str, Any]) -> None:
    with pytest.raises(EntityError):
        unmarshal(typed)
