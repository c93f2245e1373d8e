"""Compare a PostgreSQL value with a stored attribute, as Python values."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def plain(attribute: Mapping[str, Any]) -> Any:
    """Return the value of a DynamoDB attribute: str, Decimal, bool, None, list or dict."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return Decimal(value)
        case "NULL":
            return None
        case "L":
            return [plain(element) for element in value]
        case "M":
            return {name: plain(element) for name, element in value.items()}
        case _:
            return value


def agrees(value: Any, stored: Any, type_name: str) -> bool:  # noqa: C901, PLR0911 - a case a type
    """Return whether a column's value and a stored value are equal.

    Args:
        value: as psycopg loads it; times and `json` in PostgreSQL's text form.
        stored: as `plain` returns it.
        type_name: the column's type in PostgreSQL.
    """
    if stored is None or value is None:
        return stored is value
    match value:
        case bool():
            return stored is value
        case list():
            return _same_lists(value, stored, type_name)
        case _ if type_name.startswith("jsonb"):
            return _same_documents(value, stored)
        case int():
            return bool(stored == (str(value) if isinstance(stored, str) else value))
        case float():
            return _same_floats(value, stored)
        case Decimal():
            return bool(stored == (format(value, "f") if isinstance(stored, str) else value))
        case bytes():
            return isinstance(stored, str) and base64.b64decode(stored, validate=True) == value
        case UUID():
            return bool(stored == str(value))
        case str() if type_name.startswith("timestamp"):
            return _moment(value) == _moment(stored)
        case _:
            return bool(value == stored)


def _same_lists(value: Sequence[Any], stored: Any, type_name: str) -> bool:
    element = type_name.removesuffix("[]")
    return (
        isinstance(stored, list)
        and len(value) == len(stored)
        and all(agrees(left, right, element) for left, right in zip(value, stored, strict=True))
    )


def _same_documents(value: Any, stored: Any) -> bool:
    if isinstance(stored, str):
        return bool(json.loads(stored, parse_float=Decimal) == value)
    return bool(stored == value)


def _same_floats(value: float, stored: Any) -> bool:
    found = float(stored)
    return math.isnan(found) if math.isnan(value) else found == value


def _moment(text: Any) -> datetime | str:
    """Return an instant; infinities and years BC stay text."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return str(text)
