"""The conversion of values to text in keys, as in JavaScript."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crossfade.entity import EntityError
from crossfade.entity.javascript import (
    is_numeric,
    javascript_order,
    leading_integer,
    number_text,
    pad_left,
    scalar_text,
    utf16_length,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (7, "7"),
        (-3, "-3"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (5.0, "5"),
        (Decimal("1.50"), "1.5"),
        (Decimal(5), "5"),
        (1e20, "100000000000000000000"),
        (10**20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.25e-9, "1.25e-9"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (2**53, "9007199254740992"),
        (123456.789, "123456.789"),
    ],
)
def test_numbers(number: float | Decimal, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    "number", [2**53 + 1, 10**400, Decimal("0.12345678901234567890"), Decimal("NaN")]
)
def test_numbers_that_javascript_cannot_hold_are_rejected(number: int | Decimal) -> None:
    with pytest.raises(EntityError) as caught:
        number_text(number)
    assert caught.value.code == 3001


@pytest.mark.parametrize(
    ("value", "text"), [("", ""), ("é", "é"), (True, "true"), (False, "false")]
)
def test_strings_and_booleans(value: Any, text: str) -> None:
    assert scalar_text(value) == text


@pytest.mark.parametrize("value", [None, [], {}, object(), b"x"])
def test_other_kinds_have_no_text_in_keys(value: Any) -> None:
    with pytest.raises(EntityError):
        scalar_text(value)


@pytest.mark.parametrize("text", ["", " ", "1e5", "0x1F", "0b11", "Infinity", "-1.5", ".5", "5."])
def test_texts_that_javascript_converts_to_a_number(text: str) -> None:
    assert is_numeric(text)


@pytest.mark.parametrize("text", ["a", "1a", "0x", "e5", "--1", "infinity", "-0x1"])
def test_texts_that_javascript_converts_to_nan(text: str) -> None:
    assert not is_numeric(text)


def test_padding_counts_utf16_units() -> None:
    assert utf16_length("a😀") == 3
    assert pad_left("7", 3, "0") == "007"
    assert pad_left("x", 4, "ab") == "abax"
    assert pad_left("😀", 3, "0") == "0😀"
    assert pad_left("long", 2, "0") == "long"


def test_leading_integers() -> None:
    assert leading_integer("12abc") == 12
    assert leading_integer(" -3.7") == -3
    assert leading_integer("abc") is None


def test_integer_names_come_first() -> None:
    assert list(javascript_order({"b": 1, "10": 2, "2": 3, "01": 4})) == ["2", "10", "b", "01"]
