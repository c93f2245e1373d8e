"""The dry run of a backfill: read and convert rows, write nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from crossfade.backfill.windows import Page, PrimaryKey, Window
from crossfade.errors import NoProgress
from crossfade.preflight.census import Census


class Pages(Protocol):
    """The interface that reads a table page by page."""

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows after `window.last`, from one snapshot."""


async def count_rows(
    pages: Pages, census: Census, *, page_rows: int, rows_max: int | None = None
) -> int:
    """Count the items of a table's rows.

    Args:
        pages: the table.
        census: counts the rows.
        page_rows: rows per page.
        rows_max: rows to read; all if None.

    Returns:
        The number of rows that are left to the relay.

    Raises:
        NoProgress: a page does not advance past the one before.
        Unavailable: the source cannot answer.
    """
    window = Window(census.codec.mapping.name)
    known = 0
    left = rows_max
    while left is None or left > 0:
        page = await pages.page(window, page_rows if left is None else min(page_rows, left))
        for row in page.rows:
            census.add(row)
        known += page.known
        if page.is_end:
            break
        if page.last in {None, window.last}:
            raise NoProgress(f"a page of {window.entity} does not advance past the one before")
        left = None if left is None else left - len(page.rows) - page.known
        window = replace(window, last=page.last)
    return known


async def sample(
    pages: Pages, census: Census, cuts: Sequence[PrimaryKey], *, page_rows: int, pages_max: int
) -> None:
    """Count the items of a sample: one page of rows after each of some keys.

    Args:
        pages: the table.
        census: counts the rows.
        cuts: primary keys spread over the table.
        page_rows: rows per page.
        pages_max: approximate maximum of pages to read.

    Raises:
        Unavailable: the source cannot answer.
    """
    step = max(1, -(-len(cuts) // pages_max))
    for cut in cuts[::step]:
        page = await pages.page(Window(census.codec.mapping.name, last=cut), page_rows)
        for row in page.rows:
            census.add(row)
