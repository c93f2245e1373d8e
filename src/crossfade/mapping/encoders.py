"""A column's text as a DynamoDB value: one function per column, made once."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from typing import Any

from crossfade.errors import Unmappable
from crossfade.mapping.arrays import Array, parse_array
from crossfade.mapping.documents import document
from crossfade.mapping.instants import instant, local_time
from crossfade.mapping.numbers import is_negative_zero, misfit
from crossfade.mapping.parts import Column, Rule
from crossfade.mapping.types import INTEGER_TYPES, element_rule, element_type, plain_type, rule_of

Value = dict[str, Any]
Encoder = Callable[[str], Value]

_AS_TEXT = "declare the column with Rule.TEXT"
_PINNED = "read it through Crossfade's own sessions, which pin how PostgreSQL prints values"


def encoder(column: Column) -> Encoder:
    """Return the function that makes a column's text a DynamoDB value.

    The function raises `Unmappable` for a value that has no exact form.
    """
    rule = rule_of(column)
    if rule is not Rule.LIST:
        return _scalar(column.name, column.type, rule)
    return _list(column.name, _scalar(column.name, element_type(column.type), element_rule(column)))


def _scalar(name: str, type_name: str, rule: Rule) -> Encoder:
    if rule is Rule.TEXT:
        return text_value
    if rule is Rule.NUMBER and plain_type(type_name) in INTEGER_TYPES:
        return _integer
    encode, remedy = _SCALARS[rule]
    return _checked(name, encode, remedy)


def _checked(name: str, encode: Encoder, remedy: str) -> Encoder:
    def checked(text: str) -> Value:
        try:
            return encode(text)
        except ValueError as error:
            raise Unmappable(name, str(error), remedy) from None

    return checked


def text_value(text: str) -> Value:
    """Return the text as it is."""
    return {"S": text}


def _integer(text: str) -> Value:
    return {"N": text}


def _number(text: str) -> Value:
    reason = misfit(text)
    if reason is not None:
        raise ValueError(reason)
    return {"N": text}


def _float(text: str) -> Value:
    return {"S": text} if is_negative_zero(text) or misfit(text) else {"N": text}


def _boolean(text: str) -> Value:
    if text not in ("t", "f"):
        raise ValueError("not a boolean as PostgreSQL prints it")
    return {"BOOL": text == "t"}


def _instant(text: str) -> Value:
    return {"S": instant(text)}


def _local_time(text: str) -> Value:
    return {"S": local_time(text)}


def _bytes(text: str) -> Value:
    if not text.startswith("\\x"):
        raise ValueError("bytes that are not in bytea_output hex")
    return {"S": b2a_base64(bytes.fromhex(text[2:]), newline=False).decode("ascii")}


_SCALARS: dict[Rule, tuple[Encoder, str]] = {
    Rule.NUMBER: (_number, _AS_TEXT),
    Rule.FLOAT: (_float, _PINNED),
    Rule.BOOLEAN: (_boolean, _PINNED),
    Rule.INSTANT: (_instant, _PINNED),
    Rule.LOCAL_TIME: (_local_time, _PINNED),
    Rule.BYTES: (_bytes, _PINNED),
    Rule.DOCUMENT: (document, _AS_TEXT),
}


def _list(name: str, encode: Encoder) -> Encoder:
    def nested(elements: Array) -> Value:
        return {"L": [element(each) for each in elements]}

    def element(each: str | Array | None) -> Value:
        if each is None:
            return {"NULL": True}
        return nested(each) if isinstance(each, list) else encode(each)

    def encode_list(literal: str) -> Value:
        try:
            elements = parse_array(literal)
        except ValueError as error:
            raise Unmappable(name, str(error), _PINNED) from None
        return {"S": literal} if elements is None else nested(elements)

    return encode_list
