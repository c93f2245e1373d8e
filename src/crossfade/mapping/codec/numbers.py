"""Numbers as DynamoDB stores them: exact decimal digits, never a binary float.

Source: Amazon DynamoDB Developer Guide, "Data types", Number: up to 38 digits of precision,
magnitudes from 1E-130 to 9.9999999999999999999999999999999999999E+125.
"""

from __future__ import annotations

import re
from typing import NamedTuple

NUMBER_DIGITS_MAX = 38
_EXPONENT_MIN = -130
_EXPONENT_MAX = 125
# The largest integer up to which JavaScript's numbers are exact.
SAFE_INTEGER_MAX = 2**53 - 1

_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", re.ASCII)
_SMALL = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?", re.ASCII)

# The exponents between which PostgreSQL prints floats without an exponent.
_FIXED_EXPONENT_MIN = -4
_FIXED_EXPONENT_MAX = {"real": 5, "double precision": 14}


class Digits(NamedTuple):
    """A decimal number in normal form; zero has no digits.

    Attributes:
        is_negative: whether the number has a minus sign; -0 has one.
        digits: significant digits, without zeros at either end.
        exponent: the power of ten of the first digit.
    """

    is_negative: bool
    digits: str
    exponent: int


def digits_of(text: str) -> Digits | None:
    """Return a number's normal form; None for NaN, infinities and invalid texts."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, power = match.groups()
    all_digits = whole + (fraction or "")
    significant = all_digits.lstrip("0")
    leading_zeros = len(all_digits) - len(significant)
    exponent = len(whole) - 1 - leading_zeros + int(power or 0)
    digits = significant.rstrip("0")
    return Digits(sign == "-", digits, exponent if digits else 0)


def misfit(text: str) -> str | None:
    """Return why DynamoDB's numbers cannot represent this one exactly; None if they can."""
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
    """Return whether DynamoDB's numbers represent a float exactly; they drop the sign of -0."""
    return text != "-0" and misfit(text) is None


def print_plain(number: Digits, scale: int = 0) -> str:
    """Return a number in the notation of `numeric`, with at least `scale` decimals."""
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
