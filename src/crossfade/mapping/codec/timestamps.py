"""Timestamps as text that sorts by time: ISO 8601 with six fractional digits.

Timestamps without such a form keep PostgreSQL's text: infinities, years before 1 or after 9999.
"""

from __future__ import annotations

import re

# As PostgreSQL prints them under DateStyle ISO and TimeZone UTC.
_SPECIAL = re.compile(
    r"-?infinity"
    r"|\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?P<zone>\+00)?(?: BC)?"
)
# The text that completes six fractional digits, by the timestamp's length without its zone.
_COMPLETIONS = {19: ".000000"} | {20 + digits: "0" * (6 - digits) for digits in range(1, 7)}
_CANONICAL_LENGTH = 26


def instant(text: str) -> str:
    """Return a `timestamptz` as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.

    Raises:
        ValueError: the text is not a timestamp in UTC.
    """
    zeros = _COMPLETIONS.get(len(text) - len("+00"))
    if zeros is not None and text[4] == "-" and text[10] == " " and text.endswith("+00"):
        return f"{text[:10]}T{text[11:-3]}{zeros}Z"
    return _special(text, zone="+00")


def local_time(text: str) -> str:
    """Return a `timestamp` as ``YYYY-MM-DDTHH:MM:SS.ffffff``.

    Raises:
        ValueError: the text is not a timestamp without a zone.
    """
    zeros = _COMPLETIONS.get(len(text))
    if zeros is not None and text[4] == "-" and text[10] == " " and text[-3] not in "+- ":
        return f"{text[:10]}T{text[11:]}{zeros}"
    return _special(text, zone=None)


def print_instant(text: str) -> str:
    """Return the text that PostgreSQL prints for the result of `instant` or `local_time`."""
    zone = "+00" if text[-1:] == "Z" else ""
    if text[10:11] != "T" or len(text) != _CANONICAL_LENGTH + bool(zone):
        return text
    return text[:10] + " " + text[11:26].rstrip("0").rstrip(".") + zone


def _special(text: str, zone: str | None) -> str:
    match = _SPECIAL.fullmatch(text)
    if match is None or ("infinity" not in text and match["zone"] != zone):
        raise ValueError("not a timestamp as PostgreSQL prints it in UTC")
    return text
