"""Comparison of two stored items by the values that DynamoDB stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.mapping.codec.numbers import digits_of


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two items in DynamoDB's JSON form have the same names and values.

    All attributes are compared. Numbers are compared as numbers, since DynamoDB returns ``1.5`` for
    ``1.50``; everything else is compared as text.
    """
    if one == other:
        return True
    return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)


def _same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    kind = _kind(one)
    if kind != _kind(other):
        return False
    first, second = one[kind], other[kind]
    match kind:
        case "N":
            return _same_number(first, second)
        case "M":
            return same_content(first, second)
        case "L":
            return len(first) == len(second) and all(map(_same, first, second))
        case _:
            return False


def _same_number(one: str, other: str) -> bool:
    first, second = digits_of(one), digits_of(other)
    if first is None or second is None:
        return False
    return first == second or not (first.digits or second.digits)


def _kind(value: Mapping[str, Any]) -> str:
    return next(iter(value))
