"""Numbers, times and keys as text for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from markupsafe import Markup

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def count(number: float) -> str:
    """Return a number with grouped digits, ``12 345``, separated by a narrow no-break space."""
    return f"{number:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 key``, ``12 345 keys``."""
    return f"{count(number)} {noun if number == 1 else noun + 's'}"


def percent(share: float | None) -> str:
    """Return a share as a percentage that is never rounded up to 100 %."""
    if share is None:
        return "\N{EN DASH}"
    if share >= 1:
        return "100 %"
    digits = f"{int(share * 1_000_000) / 10_000:.4f}".rstrip("0").rstrip(".")
    return f"{digits} %"


def duration(seconds: float | None) -> str:
    """Return a duration in its largest unit."""
    if seconds is None:
        return "\N{EN DASH}"
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} s"


def measure(value: float | None, unit: str) -> str:
    """Return a value in its unit: ``count``, ``seconds`` or ``share``."""
    if value is None:
        return "unknown"
    return {"seconds": duration, "share": percent}.get(unit, count)(value)


def moment(when: datetime | None) -> str:
    """Return an instant in UTC, to the second."""
    return "\N{EN DASH}" if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def key_text(parts: tuple[str | None, ...]) -> str:
    """Return the parts of a key, joined as in commands."""
    return "/".join("-" if part is None else part for part in parts)


def code(text: str) -> Markup:
    """Return a text as HTML, with the parts between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def words(name: str) -> str:
    """Return the name of a verdict as words."""
    return name.removeprefix("drift_").replace("_", " ")


FILTERS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "code": code,
        "count": count,
        "counted": counted,
        "duration": duration,
        "key": key_text,
        "measure": measure,
        "moment": moment,
        "percent": percent,
        "words": words,
    }
)
"""The formats by their names in templates."""
