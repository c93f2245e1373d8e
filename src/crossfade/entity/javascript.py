"""Texts as JavaScript makes them: numbers, letter case and lengths inside keys.

Source: ECMA-262, "Number::toString" and "String.prototype.padStart".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from crossfade.entity.errors import kind_of, refused

_EXACT_INTEGER_MAX: Final = 2**53
_INTEGER_DIGITS_MAX: Final = 21
_LEADING_ZEROS_MAX: Final = 6
_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+)", re.ASCII)
_NUMERIC = re.compile(
    r"\s*(?:[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)?\s*"
)


def scalar_text(value: object, path: str = "composite") -> str:
    """The text of a key segment: JavaScript's conversion of a text, boolean or number.

    Raises:
        EntityError: the value is not a scalar, or a number that JavaScript cannot hold.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return number_text(value, path)
    raise refused(path, f"a key is made of text, numbers and booleans, not of {kind_of(value)}")


def number_text(value: float | Decimal, path: str = "number") -> str:
    """A number as JavaScript prints it: ``7``, ``1.5``, ``1e+21``, ``NaN``."""
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
    """The same number as a double; refuses what a double cannot hold."""
    if isinstance(value, float):
        return value
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not _equals(number, value):
        raise refused(path, "the number has more digits than a JavaScript number holds in a key")
    return number


def _equals(number: float, value: Decimal | int) -> bool:
    """Whether a double prints as the decimal, or is exactly the integer."""
    if isinstance(value, Decimal):
        return Decimal(repr(number)) == value
    return math.isfinite(number) and int(number) == value


def _digits_text(number: Decimal) -> str:
    """The digits of a positive, normalised number in JavaScript's layout."""
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
    """The integer a text starts with, as JavaScript's ``parseInt``; None without one."""
    found = _LEADING_INTEGER.match(text)
    return int(found[1]) if found else None


def is_numeric(text: str) -> bool:
    """Whether JavaScript's ``Number(text)`` is a number; blank text is."""
    return _NUMERIC.fullmatch(text) is not None


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 units, which is what JavaScript counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def pad_left(text: str, length: int, fill: str) -> str:
    """The text padded on the left with `fill` to `length` UTF-16 units."""
    missing = length - utf16_length(text)
    if missing <= 0:
        return text
    padding = (fill * missing).encode("utf-16-le", "surrogatepass")[: missing * 2]
    return padding.decode("utf-16-le", "surrogatepass") + text


def integer_like(name: str) -> bool:
    """Whether JavaScript iterates this property name before all others."""
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")


def javascript_order(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same values in JavaScript's order: names that are integers come first."""
    integers = [name for name in values if name[:1].isdigit() and integer_like(name)]
    if not integers:
        return values
    first = {name: values[name] for name in sorted(integers, key=int)}
    return {**first, **values}
