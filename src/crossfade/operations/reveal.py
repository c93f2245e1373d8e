"""The contents of a row and its item, for operators with the right to see them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

CHARACTERS_MAX = 2000


def revealed(
    row: Mapping[str, str | None] | None, item: Mapping[str, Any] | None
) -> dict[str, dict[str, str | None] | None]:
    """Return the values of both stores as text, long ones truncated.

    Args:
        row: the columns as PostgreSQL prints them, without the large ones; None without a row.
        item: the item in DynamoDB's JSON; None without an item.
    """
    return {
        "row": None if row is None else {name: _truncated(text) for name, text in row.items()},
        "item": None if item is None else {name: _value(item[name]) for name in sorted(item)},
    }


def _value(typed: Mapping[str, Any]) -> str | None:
    """Return a typed value as text: strings and numbers as they are, others as JSON."""
    ((kind, value),) = typed.items()
    return _truncated(value if kind in {"S", "N"} else json.dumps(value, ensure_ascii=False))


def _truncated(text: str | None) -> str | None:
    if text is None or len(text) <= CHARACTERS_MAX:
        return text
    return f"{text[:CHARACTERS_MAX]}\N{HORIZONTAL ELLIPSIS} ({len(text)} characters)"
