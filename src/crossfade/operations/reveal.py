"""The contents of a row and its item, as operators with the right to see them are shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

CHARACTERS_MAX = 2000


def revealed(
    row: Mapping[str, str | None] | None, item: Mapping[str, Any] | None
) -> dict[str, dict[str, str | None] | None]:
    """Return both sides' values as text, long ones cut.

    Args:
        row: the columns as PostgreSQL prints them; None without a row. Large columns are not among
            them.
        item: in DynamoDB's JSON; None without an item.
    """
    return {
        "row": None if row is None else {name: _cut(text) for name, text in row.items()},
        "item": None if item is None else {name: _value(item[name]) for name in sorted(item)},
    }


def _value(typed: Mapping[str, Any]) -> str | None:
    """Print a typed value; texts and numbers bare."""
    ((kind, value),) = typed.items()
    return _cut(value if kind in {"S", "N"} else json.dumps(value, ensure_ascii=False))


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= CHARACTERS_MAX:
        return text
    return f"{text[:CHARACTERS_MAX]}\N{HORIZONTAL ELLIPSIS} ({len(text)} characters)"
