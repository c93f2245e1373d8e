"""Conversion of a column's text to a DynamoDB value, by one function per column."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable
from typing import Any

from crossfade.errors import Unmappable
from crossfade.mapping.codec.arrays import EMPTY, Array, parse_array
from crossfade.mapping.codec.json_documents import document
from crossfade.mapping.codec.numbers import is_exact_float, misfit
from crossfade.mapping.codec.timestamps import instant, local_time
from crossfade.mapping.declaration.columns import Column, Rule
from crossfade.mapping.declaration.postgres_types import (
    INTEGER_TYPES,
    element_rule,
    element_type,
    plain_type,
    rule_of,
)

Value = dict[str, Any]
Encoder = Callable[[str], Value]

# Rules that cannot represent every value of their types.
_PARTIAL_RULES = {Rule.NUMBER, Rule.DOCUMENT}

_HEX = re.compile(r"\\x(?:[0-9a-f]{2})*")
_READ_PINNED = "read it through Crossfade's own sessions, which pin how PostgreSQL prints values"


def encoder(column: Column) -> Encoder:
    """Return the function that converts a column's text to a DynamoDB value.

    The function raises ValueError for a value that has no exact form; the message says why.
    """
    rule = rule_of(column)
    if rule is not Rule.LIST:
        return _scalar(column.type, rule)
    return _list(_scalar(element_type(column.type), element_rule(column)))


def plain_kind(column: Column) -> str:
    """Return the DynamoDB type of a column whose text is stored unchanged, else an empty text."""
    encode = encoder(column)
    return "S" if encode is text_value else "N" if encode is _integer else ""


def unmappable(column: Column, kind: str) -> Unmappable:
    """Return the error for a value that a column's encoder refused; `kind` says why."""
    rule = element_rule(column) if rule_of(column) is Rule.LIST else rule_of(column)
    as_text = "declare the column with Rule.TEXT"
    remedy = as_text if rule in _PARTIAL_RULES else _READ_PINNED
    return Unmappable(column.name, kind, remedy)


def _scalar(type_name: str, rule: Rule) -> Encoder:
    if rule is Rule.NUMBER and plain_type(type_name) in INTEGER_TYPES:
        return _integer
    return _SCALARS[rule]


def text_value(text: str) -> Value:
    """Return a text, unchanged, as a DynamoDB value."""
    return {"S": text}


def _integer(text: str) -> Value:
    return {"N": text}


def _number(text: str) -> Value:
    reason = misfit(text)
    if reason is not None:
        raise ValueError(reason)
    return {"N": text}


def _float(text: str) -> Value:
    return {"N": text} if is_exact_float(text) else {"S": text}


def _boolean(text: str) -> Value:
    if text not in ("t", "f"):
        raise ValueError("not a boolean as PostgreSQL prints it")
    return {"BOOL": text == "t"}


def _instant(text: str) -> Value:
    return {"S": instant(text)}


def _local_time(text: str) -> Value:
    return {"S": local_time(text)}


def _bytes(text: str) -> Value:
    if _HEX.fullmatch(text) is None:
        raise ValueError("bytes that are not in bytea_output hex")
    return {"S": b2a_base64(bytes.fromhex(text[2:]), newline=False).decode("ascii")}


_SCALARS: dict[Rule, Encoder] = {
    Rule.TEXT: text_value,
    Rule.NUMBER: _number,
    Rule.FLOAT: _float,
    Rule.BOOLEAN: _boolean,
    Rule.INSTANT: _instant,
    Rule.LOCAL_TIME: _local_time,
    Rule.BYTES: _bytes,
    Rule.DOCUMENT: document,
}


def _list(encode: Encoder) -> Encoder:
    def null_or_list(each: Array | None) -> Value:
        return {"NULL": True} if each is None else {"L": encoded(each)}

    def encoded(elements: Array) -> list[Value]:
        return [encode(each) if isinstance(each, str) else null_or_list(each) for each in elements]

    def encode_list(literal: str) -> Value:
        if literal == EMPTY:
            return {"L": []}
        elements = parse_array(literal)
        return {"S": literal} if elements is None else {"L": encoded(elements)}

    return encode_list
