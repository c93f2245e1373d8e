"""Times within a recording: ``12:03``, ``1:02:03.250``, ``00:00:01,000``."""

from __future__ import annotations

import re

from campaigns.transcripts.turns import malformed

TIME = re.compile(r"(-)?(?:(\d{1,5}):)?(\d{1,5}):(\d{1,5})(?:[.,](\d{1,3}))?", re.ASCII)
REMEDY = "write hours:minutes:seconds, such as 01:02:03.250"


def parse_time(place: str, text: str) -> float:
    """Parse a time into seconds.

    Raises:
        Invalid: the text is not a time, or has more than 59 minutes or seconds.
    """
    found = TIME.fullmatch(text)
    if found is None:
        raise malformed(place, "not a time", REMEDY)
    sign, hours, minutes, seconds, fraction = found.groups()
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):  # noqa: PLR2004 - a clock
        raise malformed(place, "a time with more than 59 minutes or seconds", REMEDY)
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    milliseconds = whole * 1000 + int((fraction or "").ljust(3, "0"))
    return (-milliseconds if sign else milliseconds) / 1000 + 0.0


def format_time(t_seconds: float) -> str:
    """Return a time as HH:MM:SS, with milliseconds if they are not zero."""
    milliseconds = round(abs(t_seconds) * 1000)
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if t_seconds < 0 else ""
    thousandths = f".{fraction:03}" if fraction else ""
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}{thousandths}"
