"""The canonical form of columns, which both stores can reproduce, from PostgreSQL's text alone.

This module does not use the encoders: verification compares its results with the decoders'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crossfade.errors import Unmappable
from crossfade.mapping.codec.arrays import Array, parse_array, print_array
from crossfade.mapping.codec.json_documents import canonical_json
from crossfade.mapping.codec.numbers import digits_of, print_plain
from crossfade.mapping.declaration.columns import Column, Rule
from crossfade.mapping.declaration.postgres_types import (
    INTEGER_TYPES,
    element_rule,
    element_type,
    plain_type,
    rule_of,
    scale_of,
)

Canonicalizer = Callable[[str], str]

_READ_PINNED = "read it through Crossfade's own sessions, which pin how PostgreSQL prints values"


def canonicalizers(columns: Sequence[Column]) -> tuple[tuple[str, Canonicalizer], ...]:
    """Return each column's name and the function that converts its text to the canonical form."""
    return tuple((column.name, _canonicalizer(column)) for column in columns)


def _canonicalizer(column: Column) -> Canonicalizer:
    rule = rule_of(column)
    if rule is not Rule.LIST:
        return _checked(column.name, _scalar(column.type, rule))
    element = _scalar(element_type(column.type), element_rule(column))
    return str if element is str else _checked(column.name, _list(element))


def _scalar(type_name: str, rule: Rule) -> Canonicalizer:
    if rule is Rule.DOCUMENT:
        return canonical_json
    if rule is Rule.NUMBER and plain_type(type_name) not in INTEGER_TYPES:
        return _number(scale_of(type_name) or 0)
    return str


def _number(scale: int) -> Canonicalizer:
    def canonicalize(text: str) -> str:
        number = digits_of(text)
        return text if number is None else print_plain(number, scale)

    return canonicalize


def _list(element: Canonicalizer) -> Canonicalizer:
    def each(value: str | Array | None) -> str | Array | None:
        if isinstance(value, list):
            return [each(inner) for inner in value]
        return None if value is None else element(value)

    def canonicalize(literal: str) -> str:
        elements = parse_array(literal)
        return literal if elements is None else print_array([each(value) for value in elements])

    return canonicalize


def _checked(name: str, canonicalize: Canonicalizer) -> Canonicalizer:
    if canonicalize is str:
        return str

    def checked(text: str) -> str:
        try:
            return canonicalize(text)
        except ValueError as error:
            raise Unmappable(name, str(error), _READ_PINNED) from None

    return checked
