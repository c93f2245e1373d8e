"""Numbers as DynamoDB holds them: exact decimal digits, never a binary float.

Source: Amazon DynamoDB Developer Guide, "Data types", Number: up to 38 digits of precision,
magnitudes from 1E-130 to 9.9999999999999999999999999999999999999E+125.
"""

from __future__ import annotations

import re
from typing import NamedTuple

NUMBER_DIGITS_MAX = 38
_EXPONENT_MIN = -130
_EXPONENT_MAX = 125
# Beyond it JavaScript's numbers skip integers.
SAFE_INTEGER_MAX = 2**53 - 1

_SHAPE = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", re.ASCII)
_SMALL = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?", re.ASCII)

# PostgreSQL prints floats with an exponent below 1e-4 and from these powers of ten on.
_FIXED_EXPONENT_MIN = -4
_FIXED_EXPONENT_MAX = {"real": 5, "double precision": 14}


class Digits(NamedTuple):
    """A decimal number in normal form; zero has no digits.

    Attributes:
        is_negative: whether a minus sign stands before it, as also before -0.
        digits: significant digits, without zeros at either end.
        exponent: the power of ten of the first digit.
    """

    is_negative: bool
    digits: str
    exponent: int


def digits_of(text: str) -> Digits | None:
    """Return a number's normal form, None for NaN, infinities and what is no number."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, power = match.groups()
    written = whole + (fraction or "")
    significant = written.lstrip("0")
    leading_zeros = len(written) - len(significant)
    exponent = len(whole) - 1 - leading_zeros + int(power or 0)
    digits = significant.rstrip("0")
    return Digits(sign == "-", digits, exponent if digits else 0)


def misfit(text: str) -> str | None:
    """Return why DynamoDB's numbers cannot hold this one exactly, None when they can."""
    if _SMALL.fullmatch(text):
        return None
    number = digits_of(text)
    if number is None:
        return "not a finite number"
    if len(number.digits) > NUMBER_DIGITS_MAX:
        return f"a number with {len(number.digits)} significant digits"
    if not _EXPONENT_MIN <= number.exponent <= _EXPONENT_MAX:
        return f"a number of the order 1E{number.exponent:+}"
    return None


def is_exact_float(text: str) -> bool:
    """Tell whether DynamoDB's numbers hold a float exactly; they drop the sign of -0."""
    return text != "-0" and misfit(text) is None


def print_plain(number: Digits, scale: int = 0) -> str:
    """Return a number without an exponent and with at least `scale` decimals, as `numeric` does."""
    digits, exponent = number.digits, number.exponent
    if not digits:
        whole, fraction = "0", ""
    elif exponent < 0:
        whole, fraction = "0", "0" * (-exponent - 1) + digits
    else:
        whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    fraction = fraction.ljust(scale, "0")
    sign = "-" if number.is_negative and digits else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def print_float(number: Digits, type_name: str) -> str:
    """Return a number as PostgreSQL prints the float that has these shortest digits."""
    fixed_max = _FIXED_EXPONENT_MAX.get(type_name, _FIXED_EXPONENT_MAX["double precision"])
    if not number.digits or _FIXED_EXPONENT_MIN <= number.exponent <= fixed_max:
        return print_plain(number)
    first, rest = number.digits[0], number.digits[1:]
    sign = "-" if number.is_negative else ""
    power = f"{'-' if number.exponent < 0 else '+'}{abs(number.exponent):02}"
    return f"{sign}{first}{'.' if rest else ''}{rest}e{power}"
