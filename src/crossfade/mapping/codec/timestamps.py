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
# What completes the six digits of a timestamp of this length, its zone apart.
_COMPLETIONS = {19: ".000000"} | {20 + digits: "0" * (6 - digits) for digits in range(1, 7)}
_CANONICAL_LENGTH = 26


def instant(text: str) -> str:
    """Return a `timestamptz` as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.

    Raises:
        ValueError: the text is not a timestamp in UTC.
    """
    rest = _COMPLETIONS.get(len(text) - len("+00"))
    if rest is not None and text[4] == "-" and text[10] == " " and text.endswith("+00"):
        return f"{text[:10]}T{text[11:-3]}{rest}Z"
    return _special(text, zone="+00")


def local_time(text: str) -> str:
    """Return a `timestamp` as ``YYYY-MM-DDTHH:MM:SS.ffffff``.

    Raises:
        ValueError: the text is not a timestamp without a zone.
    """
    rest = _COMPLETIONS.get(len(text))
    if rest is not None and text[4] == "-" and text[10] == " " and text[-3] not in "+- ":
        return f"{text[:10]}T{text[11:]}{rest}"
    return _special(text, zone=None)


def print_instant(text: str) -> str:
    """Return what PostgreSQL prints for an `instant` or a `local_time`."""
    zone = "+00" if text[-1:] == "Z" else ""
    if text[10:11] != "T" or len(text) != _CANONICAL_LENGTH + bool(zone):
        return text
    return text[:10] + " " + text[11:26].rstrip("0").rstrip(".") + zone


def _special(text: str, zone: str | None) -> str:
    match = _SPECIAL.fullmatch(text)
    if match is None or ("infinity" not in text and match["zone"] != zone):
        raise ValueError("not a timestamp as PostgreSQL prints it in UTC")
    return text
