"""A DynamoDB value as the text PostgreSQL prints, written apart from the encoders.

Validation reads items back through this module, so that a fault of the encoders shows.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from crossfade.errors import Unmappable
from crossfade.mapping.arrays import Array, print_array
from crossfade.mapping.documents import print_document
from crossfade.mapping.instants import print_instant
from crossfade.mapping.numbers import digits_of, print_float, print_plain
from crossfade.mapping.parts import Column, Rule
from crossfade.mapping.types import element_rule, element_type, plain_type, rule_of, scale_of

Decoder = Callable[[Mapping[str, Any]], str]

_REMEDY = "the item was not written by this mapping; mark its key for repair"


def decoder(column: Column) -> Decoder:
    """Return the function that makes a stored value the column's text again.

    The function raises `Unmappable` for a value that the column's rule never makes.
    """
    rule = rule_of(column)
    if rule is Rule.LIST:
        decode = _list(_scalar(element_type(column.type), element_rule(column)))
    else:
        decode = _scalar(column.type, rule)
    return _checked(column.name, decode)


def _checked(name: str, decode: Decoder) -> Decoder:
    def checked(value: Mapping[str, Any]) -> str:
        try:
            return decode(value)
        except (KeyError, TypeError, ValueError):
            kinds = ", ".join(value)
            raise Unmappable(name, f"a malformed stored value of type {kinds}", _REMEDY) from None

    return checked


def _scalar(type_name: str, rule: Rule) -> Decoder:
    match rule:
        case Rule.NUMBER:
            return _number(scale_of(type_name) or 0)
        case Rule.FLOAT:
            return _float(plain_type(type_name))
        case _:
            return _SCALARS[rule]


def _text(value: Mapping[str, Any]) -> str:
    text = value["S"]
    if not isinstance(text, str):
        raise TypeError
    return text


def _number(scale: int) -> Decoder:
    def decode(value: Mapping[str, Any]) -> str:
        number = digits_of(value["N"])
        if number is None:
            raise ValueError
        return print_plain(number, scale)

    return decode


def _float(type_name: str) -> Decoder:
    def decode(value: Mapping[str, Any]) -> str:
        if "S" in value:
            return _text(value)
        number = digits_of(value["N"])
        if number is None:
            raise ValueError
        return print_float(number, type_name)

    return decode


def _boolean(value: Mapping[str, Any]) -> str:
    return {True: "t", False: "f"}[value["BOOL"]]


def _time(value: Mapping[str, Any]) -> str:
    return print_instant(_text(value))


def _bytes(value: Mapping[str, Any]) -> str:
    return "\\x" + b64decode(value["S"], validate=True).hex()


_SCALARS: dict[Rule, Decoder] = {
    Rule.TEXT: _text,
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
            return _text(value)
        return print_array([element(each) for each in value["L"]])

    return decode_list
