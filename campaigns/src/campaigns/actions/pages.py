"""Keyset pagination of lists sorted by a time and an id, both descending."""

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
    """Return the condition that continues a list after a position.

    Args:
        moment: first sort column.
        row_id: second sort column.
        after: the position.
        key: validates an id.

    Raises:
        Invalid: the position was not returned by `page`.
    """
    at, last_id = position(after, key)
    return tuple_(moment, row_id) < tuple_(literal(at, moment.type), literal(last_id, row_id.type))


def page(items: Sequence[T], limit: int, moment: str) -> Page[T]:
    """Return the first `limit` items as a page.

    Args:
        items: up to `limit` + 1 records with an `id` and a time; one more than `limit` means that
            the list continues.
        limit: size of the page.
        moment: name of the field with the time.
    """
    kept = tuple(items[:limit])
    more = len(items) > limit
    return Page(kept, mark(kept[-1], moment) if more else None)


def mark(record: Any, moment: str) -> str:
    """Return the position after a record."""
    text = f"{getattr(record, moment).isoformat()} {record.id}"
    return urlsafe_b64encode(text.encode()).decode()


def position(after: str, key: Callable[[str], str]) -> tuple[datetime, str]:
    """Parse a position into its time and id.

    Raises:
        Invalid: it is malformed.
    """
    try:
        moment, last_id = urlsafe_b64decode(after).decode().split(" ", 1)
        return datetime.fromisoformat(moment), key(last_id)
    except (ValueError, NotFound):
        problem = Problem(
            "after", "not a position in this list", "use `after` of the previous page"
        )
        raise Invalid(problem) from None
