"""Conversion between Python values and DynamoDB's typed attribute values, ``{"S": "text"}``.

Numbers are exact in both directions: they are read as int or Decimal, never as float.
Source: Amazon DynamoDB API Reference, "AttributeValue"; Developer Guide, "Naming rules and data
types", number.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from crossfade.entity.errors import invalid_value, kind_of

AttributeValue = dict[str, Any]
_DIGITS_MAX: Final = 38
_INTEGER_LIMIT: Final = 10**_DIGITS_MAX
_EXPONENT_MAX: Final = 125
_EXPONENT_MIN: Final = -130
_NATIVE_SET: Final = (set, frozenset)


def marshal(value: Any, path: str = "") -> AttributeValue:
    """Return the typed form of a Python value.

    Raises:
        EntityError: 3001 if DynamoDB cannot hold the value: an empty or mixed set, a number beyond
            38 digits or 1e126, NaN, an infinity, a string with a lone surrogate, an unknown type.
    """
    writer = _WRITERS.get(value.__class__) or _writer_of(value, path)
    return writer(value, path)


def marshal_item(item: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return the typed form of an item or a key; None becomes NULL."""
    return {
        field: {"S": value} if value.__class__ is str and value.isascii() else marshal(value, field)
        for field, value in item.items()
    }


def unmarshal(value: AttributeValue) -> Any:
    """Return the Python value of a typed form: sets as frozensets, binary as bytes.

    Raises:
        EntityError: 3001 if the value does not have exactly one of DynamoDB's types.
    """
    if len(value) == 1:
        for tag, content in value.items():
            reader = _READERS.get(tag)
            if reader is not None:
                return reader(content)
    raise invalid_value("item", "is not a typed attribute value; read it with a DynamoDB client")


def unmarshal_item(item: Mapping[str, AttributeValue]) -> dict[str, Any]:
    """Return the Python values of an item or a key; strings, the most common, take no call."""
    return {
        field: value["S"] if "S" in value and len(value) == 1 else unmarshal(value)
        for field, value in item.items()
    }


def number_value(text: str) -> int | Decimal:
    """Return the exact value of a number: int if it has no fraction and no exponent, or Decimal."""
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def _writer_of(value: Any, path: str) -> Callable[[Any, str], AttributeValue]:
    for kind, writer in _WRITERS.items():
        if isinstance(value, kind):
            return writer
    if isinstance(value, Mapping):
        return _write_map
    raise invalid_value(path, f"DynamoDB has no type for {kind_of(value)}; convert it first")


def _write_string(value: str, path: str) -> AttributeValue:
    if value.__class__ is str and value.isascii():
        return {"S": value}
    return {"S": _utf8_string(value, path)}


def _utf8_string(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid_value(
            path, "the string has a lone surrogate, which UTF-8 cannot encode"
        ) from None
    return str.__str__(value)


def number_literal(value: float | Decimal, path: str = "number") -> str:
    """Return the text of a number that DynamoDB can hold exactly.

    Raises:
        EntityError: 3001 for NaN, an infinity, or a number beyond 38 digits or 1e126.
    """
    if not math.isfinite(value):
        raise invalid_value(path, "DynamoDB holds neither NaN nor infinities")
    if isinstance(value, int) and -_INTEGER_LIMIT < value < _INTEGER_LIMIT:
        return str(int(value))
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > _DIGITS_MAX:
        raise invalid_value(
            path, f"a number must not have more than {_DIGITS_MAX} significant digits"
        )
    if number and not _EXPONENT_MIN <= number.adjusted() <= _EXPONENT_MAX:
        raise invalid_value(path, "a number must be between 1e-130 and 9.99e125, or zero")
    return _plain_integer(number) or str(number)


def _plain_integer(number: Decimal) -> str:
    """Return the digits of a number with a fraction of zero, ``1`` for 1.0; otherwise empty."""
    exponent = int(number.as_tuple().exponent)
    if exponent < 0 and number == number.to_integral_value() and number.adjusted() < _DIGITS_MAX:
        return f"{number.to_integral_value():f}"
    return ""


def _write_number(value: Any, path: str) -> AttributeValue:
    return {"N": number_literal(value, path)}


def _write_boolean(value: bool, _path: str) -> AttributeValue:  # noqa: FBT001 - a value
    return {"BOOL": value}


def _write_null(_value: None, _path: str) -> AttributeValue:
    return {"NULL": True}


def _write_bytes(value: bytes, _path: str) -> AttributeValue:
    return {"B": base64.b64encode(value).decode("ascii")}


def _write_list(value: Any, path: str) -> AttributeValue:
    return {"L": [marshal(element, f"{path}[{i}]") for i, element in enumerate(value)]}


def _write_map(value: Mapping[str, Any], path: str) -> AttributeValue:
    for name in value:
        if not isinstance(name, str):
            raise invalid_value(path, f"the names in a map must be strings, not {kind_of(name)}")
    return {"M": {name: marshal(child, f"{path}.{name}") for name, child in value.items()}}


def _write_set(value: Any, path: str) -> AttributeValue:
    if not value:
        raise invalid_value(path, "DynamoDB has no empty sets; omit or remove the attribute")
    members = list(value)
    if all(isinstance(member, str) for member in members):
        return {"SS": sorted(_utf8_string(member, path) for member in members)}
    if all(isinstance(member, bytes) for member in members):
        return {"BS": [base64.b64encode(member).decode("ascii") for member in sorted(members)]}
    if any(isinstance(m, bool) or not isinstance(m, (int, float, Decimal)) for m in members):
        raise invalid_value(path, "a set must hold only strings, only numbers or only bytes")
    return {"NS": sorted(number_literal(member, path) for member in members)}


_WRITERS: Final[dict[type, Callable[[Any, str], AttributeValue]]] = {
    str: _write_string,
    bool: _write_boolean,
    int: _write_number,
    float: _write_number,
    Decimal: _write_number,
    type(None): _write_null,
    list: _write_list,
    tuple: _write_list,
    dict: _write_map,
    set: _write_set,
    frozenset: _write_set,
    bytes: _write_bytes,
    bytearray: _write_bytes,
}


def _unchanged(content: Any) -> Any:
    return content


def _read_null(_content: Any) -> None:
    return None


def _read_list(content: list[AttributeValue]) -> list[Any]:
    return [
        element["S"] if "S" in element and len(element) == 1 else unmarshal(element)
        for element in content
    ]


def _read_number_set(content: list[str]) -> frozenset[int | Decimal]:
    return frozenset(map(number_value, content))


def _read_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else base64.b64decode(content)


def _read_bytes_set(content: list[str]) -> frozenset[bytes]:
    return frozenset(map(_read_bytes, content))


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "S": _unchanged,
    "N": number_value,
    "BOOL": _unchanged,
    "NULL": _read_null,
    "M": unmarshal_item,
    "L": _read_list,
    "SS": frozenset,
    "NS": _read_number_set,
    "B": _read_bytes,
    "BS": _read_bytes_set,
}
