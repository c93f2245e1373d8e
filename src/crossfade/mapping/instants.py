"""Points in time as text that sorts: ISO 8601 with a fixed six digits of a second.

What has no such form keeps PostgreSQL's text: infinities, years before Christ or after 9999.
"""

from __future__ import annotations

import re

# As PostgreSQL prints them under DateStyle ISO and TimeZone UTC.
_SPECIAL = re.compile(
    r"-?infinity"
    r"|\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?P<zone>\+00)?(?: BC)?"
)
_CANONICAL = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{6})(Z?)")


def instant(text: str) -> str:
    """Return a `timestamptz` as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.

    Raises:
        ValueError: the text is not a timestamp in UTC.
    """
    if text[4:5] == "-" and text[10:11] == " " and text[-3:] == "+00":
        return f"{text[:10]}T{text[11:19]}.{text[20:-3]:0<6}Z"
    return _special(text, zone="+00")


def local_time(text: str) -> str:
    """Return a `timestamp` as ``YYYY-MM-DDTHH:MM:SS.ffffff``.

    Raises:
        ValueError: the text is not a timestamp without a zone.
    """
    if text[4:5] == "-" and text[10:11] == " " and text[-1:].isdigit() and "+" not in text:
        return f"{text[:10]}T{text[11:19]}.{text[20:]:0<6}"
    return _special(text, zone=None)


def print_instant(text: str) -> str:
    """Return what PostgreSQL prints for an `instant` or a `local_time`."""
    match = _CANONICAL.fullmatch(text)
    if match is None:
        return text
    date, time, digits, utc = match.groups()
    fraction = digits.rstrip("0")
    return f"{date} {time}{'.' if fraction else ''}{fraction}{'+00' if utc else ''}"


def _special(text: str, zone: str | None) -> str:
    match = _SPECIAL.fullmatch(text)
    if match is None or ("infinity" not in text and match["zone"] != zone):
        raise ValueError("not a timestamp as PostgreSQL prints it in UTC")
    return text
