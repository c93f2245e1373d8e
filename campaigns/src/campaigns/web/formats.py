"""Template filters that format values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo


def day(value: date) -> str:
    """Return a date such as 7 Feb 2026."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime, zone: str = "UTC") -> str:
    """Return a time in a time zone; a value without a zone is UTC."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    local = aware.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M}"


def iso(value: datetime) -> str:
    """Return a time in ISO 8601; a value without a zone is UTC."""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as 1 session or 2 sessions."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(milliseconds: int) -> str:
    """Return a duration such as 3 h 05 min."""
    hours, minutes = divmod(round(milliseconds / 60_000), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "counted": counted,
    "day": day,
    "duration": duration,
    "iso": iso,
    "moment": moment,
}
"""The filters by their name in templates."""
