"""Positions in lists that are sorted by a time and an id, both descending."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.errors import Invalid, NotFound, Problem
from campaigns.records import Page

T = TypeVar("T")


def before(
    moment: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[str],
    after: str,
    key: Callable[[str], str],
) -> ColumnElement[bool]:
    """Return the condition that continues a list behind a position.

    Args:
        moment: the list's first sort column.
        row_id: its second.
        after: the position.
        key: checks an id.

    Raises:
        Invalid: the position is not one that `page` made.
    """
    at, last_id = position(after, key)
    return tuple_(moment, row_id) < tuple_(literal(at, moment.type), literal(last_id, row_id.type))


def page(items: Sequence[T], limit: int, moment: str) -> Page[T]:
    """Cut `limit` items off a list that was read one further, to see whether it goes on.

    Args:
        items: records with an `id` and a time.
        limit: how many to keep.
        moment: the time's name.
    """
    kept = tuple(items[:limit])
    more = len(items) > limit
    return Page(kept, mark(kept[-1], moment) if more else None)


def mark(record: Any, moment: str) -> str:
    """Return the position of a record."""
    text = f"{getattr(record, moment).isoformat()} {record.id}"
    return urlsafe_b64encode(text.encode()).decode()


def position(after: str, key: Callable[[str], str]) -> tuple[datetime, str]:
    """Return the time and the id of a position."""
    try:
        moment, last_id = urlsafe_b64decode(after).decode().split(" ", 1)
        return datetime.fromisoformat(moment), key(last_id)
    except (ValueError, NotFound):
        problem = Problem("after", "not a position in this list", "take `after` of the part before")
        raise Invalid(problem) from None
