"""JavaScript's conversions of values to text, its string lengths and its property order.

Source: ECMA-262, "Number::toString", "String.prototype.padStart" and "OrdinaryOwnPropertyKeys".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from crossfade.entity.errors import invalid_value, kind_of

_EXACT_INTEGER_MAX: Final = 2**53
_INTEGER_DIGITS_MAX: Final = 21
_LEADING_ZEROS_MAX: Final = 6
_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+)", re.ASCII)
_NUMERIC = re.compile(
    r"\s*(?:[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)?\s*"
)


def scalar_text(value: object, path: str = "composite") -> str:
    """Return the text of a key segment: JavaScript's conversion of a string, boolean or number.

    Raises:
        EntityError: 3001 if the value is not a scalar, or is a number that a double cannot hold.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return number_text(value, path)
    raise invalid_value(
        path, f"keys can contain strings, numbers and booleans, not {kind_of(value)}"
    )


def number_text(value: float | Decimal, path: str = "number") -> str:
    """Return a number as JavaScript prints it: ``7``, ``1.5``, ``1e+21``, ``NaN``.

    Raises:
        EntityError: 3001 if a double cannot hold the number.
    """
    if isinstance(value, int) and -_EXACT_INTEGER_MAX <= value <= _EXACT_INTEGER_MAX:
        return str(value)
    number = _as_double(value, path)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    return sign + _digits_text(Decimal(repr(abs(number))).normalize())


def _as_double(value: float | Decimal, path: str) -> float:
    """Return the number as a double.

    Raises:
        EntityError: 3001 if a double cannot hold the number.
    """
    if isinstance(value, float):
        return value
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not _equals(number, value):
        raise invalid_value(
            path, "the number has more digits than a JavaScript number can hold in a key"
        )
    return number


def _equals(number: float, value: Decimal | int) -> bool:
    """Return whether a double prints as the Decimal, or equals the int exactly."""
    if isinstance(value, Decimal):
        return Decimal(repr(number)) == value
    return math.isfinite(number) and int(number) == value


def _digits_text(number: Decimal) -> str:
    """Return the digits of a positive, normalised number in JavaScript's format."""
    _, digit_tuple, exponent = number.as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= _INTEGER_DIGITS_MAX:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _INTEGER_DIGITS_MAX:
        return f"{digits[:point]}.{digits[point:]}"
    if -_LEADING_ZEROS_MAX < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def leading_integer(text: str) -> int | None:
    """Return the integer at the start of a text, as JavaScript's ``parseInt``; None without one."""
    found = _LEADING_INTEGER.match(text)
    return int(found[1]) if found else None


def is_numeric(text: str) -> bool:
    """Return whether JavaScript's ``Number(text)`` is not NaN; blank text is 0."""
    return _NUMERIC.fullmatch(text) is not None


def utf16_length(text: str) -> int:
    """Return the length of a text in JavaScript: its number of UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def pad_left(text: str, length: int, fill: str) -> str:
    """Return the text padded on the left with `fill` to `length` UTF-16 code units."""
    missing = length - utf16_length(text)
    if missing <= 0:
        return text
    padding = (fill * missing).encode("utf-16-le", "surrogatepass")[: missing * 2]
    return padding.decode("utf-16-le", "surrogatepass") + text


def is_integer_index(name: str) -> bool:
    """Return whether a property name is an integer, which JavaScript iterates before others."""
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")


def javascript_order(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values in JavaScript's property order: ascending integer names come first."""
    integers = [name for name in values if name[:1].isdigit() and is_integer_index(name)]
    if not integers:
        return values
    first = {name: values[name] for name in sorted(integers, key=int)}
    return {**first, **values}
