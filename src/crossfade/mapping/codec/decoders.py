"""Conversion of DynamoDB values to the text that PostgreSQL prints, independent of the encoders.

Verification reads items through this module, so that it detects errors of the encoders.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from crossfade.errors import Unmappable
from crossfade.mapping.codec.arrays import Array, print_array, print_texts
from crossfade.mapping.codec.json_documents import print_document
from crossfade.mapping.codec.numbers import Digits, digits_of, print_float, print_plain
from crossfade.mapping.codec.timestamps import print_instant
from crossfade.mapping.declaration.columns import Column, Rule
from crossfade.mapping.declaration.postgres_types import (
    element_rule,
    element_type,
    plain_type,
    rule_of,
    scale_of,
)

Decoder = Callable[[Mapping[str, Any]], str]
ContentDecoder = Callable[[Any], str]

# Numbers that PostgreSQL prints as DynamoDB returns them.
_PLAIN_INTEGER = re.compile(r"0|-?[1-9]\d*", re.ASCII)
_PLAIN_FLOAT = re.compile(r"-?(?:0|[1-9]\d{0,5})(?:\.\d{0,3}[1-9](?:\d*[1-9])?)?", re.ASCII)


def decoder(column: Column) -> Decoder:
    """Return the function that converts a stored value to the column's text.

    The function raises KeyError, TypeError or ValueError for a value that the column's rule never
    produces.
    """
    rule = rule_of(column)
    if rule is not Rule.LIST:
        return _scalar(column.type, rule)
    return _list(_scalar(element_type(column.type), element_rule(column)))


def content_decoder(column: Column) -> tuple[str, ContentDecoder | None] | None:
    """Return the DynamoDB type of a column's values and the function that decodes their content.

    Returns:
        The type's name, such as ``N``, and the function; the function is None if the content is the
        column's text. None for rules that produce values of several types.
    """
    match rule_of(column):
        case Rule.TEXT:
            return "S", None
        case Rule.NUMBER:
            return "N", _number_text(scale_of(column.type) or 0)
        case Rule.BOOLEAN:
            return "BOOL", _BOOLEANS.__getitem__
        case Rule.INSTANT | Rule.LOCAL_TIME:
            return "S", print_instant
        case Rule.BYTES:
            return "S", _bytes_text
        case _:
            return None


def invalid_value(field: str, value: Mapping[str, Any]) -> Unmappable:
    """Return the error for a stored value that the mapping never produces."""
    kinds = ", ".join(value) or "no type"
    return Unmappable(
        field,
        f"a stored value of type {kinds} that this mapping never writes",
        "mark the key for repair",
    )


def _scalar(type_name: str, rule: Rule) -> Decoder:
    match rule:
        case Rule.NUMBER:
            return _number(scale_of(type_name) or 0)
        case Rule.FLOAT:
            return _float(plain_type(type_name))
        case _:
            return _SCALARS[rule]


def text_of(value: Mapping[str, Any]) -> str:
    """Return the text of a value of type S."""
    return str(value["S"])


def _number(scale: int) -> Decoder:
    read = _number_text(scale)
    return lambda value: read(value["N"])


def _number_text(scale: int) -> ContentDecoder:
    def read(text: str) -> str:
        if not scale and _PLAIN_INTEGER.fullmatch(text):
            return text
        return print_plain(_digits(text), scale)

    return read


def _float(type_name: str) -> Decoder:
    def decode(value: Mapping[str, Any]) -> str:
        if "S" in value:
            return text_of(value)
        text: str = value["N"]
        if _PLAIN_FLOAT.fullmatch(text):
            return text
        return print_float(_digits(text), type_name)

    return decode


def _digits(text: str) -> Digits:
    number = digits_of(text)
    if number is None:
        raise ValueError("not a number")
    return number


_BOOLEANS = {True: "t", False: "f"}


def _boolean(value: Mapping[str, Any]) -> str:
    return _BOOLEANS[value["BOOL"]]


def _time(value: Mapping[str, Any]) -> str:
    return print_instant(value["S"])


def _bytes(value: Mapping[str, Any]) -> str:
    return _bytes_text(value["S"])


def _bytes_text(text: str) -> str:
    return "\\x" + b64decode(text, validate=True).hex()


_SCALARS: dict[Rule, Decoder] = {
    Rule.TEXT: text_of,
    Rule.BOOLEAN: _boolean,
    Rule.INSTANT: _time,
    Rule.LOCAL_TIME: _time,
    Rule.BYTES: _bytes,
    Rule.DOCUMENT: print_document,
}


def _list(decode: Decoder) -> Decoder:
    def element(value: Mapping[str, Any]) -> str | Array | None:
        if "NULL" in value:
            return None
        return [element(each) for each in value["L"]] if "L" in value else decode(value)

    def decode_list(value: Mapping[str, Any]) -> str:
        if "S" in value:
            return text_of(value)
        return print_array([element(each) for each in value["L"]])

    def decode_texts(value: Mapping[str, Any]) -> str:
        try:
            return print_texts([each["S"] for each in value["L"]])
        except KeyError:  # NULL elements, several dimensions, or not a list
            return decode_list(value)

    return decode_texts if decode is text_of else decode_list
