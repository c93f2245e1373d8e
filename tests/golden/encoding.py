"""The values of recorded calls: a value without a JSON form is an object with a `$` name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any


class Undefined:
    """JavaScript's undefined: the attribute is absent."""


UNDEFINED = Undefined()


def decode(value: Any) -> Any:
    """Return a recorded value as a Python value."""
    if isinstance(value, list):
        return [decode(element) for element in value]
    if not isinstance(value, dict):
        return value
    for name, decoder in _DECODERS.items():
        if name in value:
            return decoder(value)
    children = {name: decode(child) for name, child in value.items()}
    return {name: child for name, child in children.items() if child is not UNDEFINED}


def _set(value: Mapping[str, Any]) -> frozenset[Any]:
    members = value["$set"]
    return frozenset(
        decode(member) for member in (members if isinstance(members, list) else [members])
    )


def _function(value: Mapping[str, Any]) -> Callable[..., Any]:
    maker = _FUNCTIONS[value["$fn"]]
    return maker(value)


_DECODERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "$undefined": lambda _value: UNDEFINED,
    "$num": lambda value: float(value["$num"].replace("Infinity", "inf")),
    "$set": _set,
    "$regex": lambda value: re.compile(value["$regex"], re.ASCII),
    "$fn": _function,
    "$where": lambda value: value,
    "$data": lambda value: value,
}


def _transform(change: Callable[[Any], Any]) -> Callable[..., Any]:
    def call(value: Any = None, _item: Any = None) -> Any:
        return None if value is None else change(value)

    return call


def _join(value: Mapping[str, Any]) -> Callable[..., Any]:
    def call(_value: Any, item: Mapping[str, Any]) -> str:
        parts = [item.get(name) for name in value["attrs"]]
        return str(value["sep"]).join("" if part is None else str(part) for part in parts)

    return call


def _throw_if(value: Mapping[str, Any]) -> Callable[..., Any]:
    def call(given: Any) -> bool:
        if given == value["value"]:
            raise ValueError(value["message"])
        return True

    return call


_FUNCTIONS: dict[str, Callable[[Mapping[str, Any]], Callable[..., Any]]] = {
    "const": lambda value: lambda *_given: decode(value["value"]),
    "upper": lambda _value: _transform(str.upper),
    "suffix": lambda value: _transform(lambda text: f"{text}{value['value']}"),
    "times": lambda value: _transform(lambda number: number * value["value"]),
    "join": _join,
    "attrEq": lambda value: lambda item: item.get(value["attr"]) == value["value"],
    "minLen": lambda value: lambda text: text is None or len(text) >= value["value"],
    "throwIf": _throw_if,
}


def same(left: Any, right: Any) -> bool:
    """Return whether two results are equal; ignore map order, number types and undefined."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        left, right = _present(left), _present(right)
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, (set, frozenset)) and isinstance(right, (set, frozenset)):
        return {_number(member) for member in left} == {_number(member) for member in right}
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float, Decimal)) and isinstance(right, (int, float, Decimal)):
        both = float(left), float(right)
        return both[0] == both[1] or all(map(math.isnan, both))
    return bool(left == right) and type(left) is type(right)


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not UNDEFINED}


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
