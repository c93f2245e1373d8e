"""The rehearsal of a backfill: read and translate rows, write nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from crossfade.backfill.windows import Page, PrimaryKey, Window
from crossfade.errors import NoProgress
from crossfade.preflight.census import Census


class Pages(Protocol):
    """Where rows are read."""

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`, from one snapshot."""


async def rehearse(
    pages: Pages, census: Census, *, page_rows: int, rows_max: int | None = None
) -> int:
    """Count what the rows of a table would become.

    Args:
        pages: the table.
        census: takes the rows in.
        page_rows: rows of one page.
        rows_max: rows to look at; None: all.

    Returns:
        How many rows were the relay's.

    Raises:
        NoProgress: the pages do not follow each other.
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
            raise NoProgress(f"the pages of {window.entity} do not follow each other")
        left = None if left is None else left - len(page.rows) - page.known
        window = replace(window, last=page.last)
    return known


async def sample(
    pages: Pages, census: Census, cuts: Sequence[PrimaryKey], *, page_rows: int, pages_max: int
) -> None:
    """Count what a page of rows after each of some keys would become.

    Args:
        pages: the table.
        census: takes the rows in.
        cuts: keys spread over the table.
        page_rows: rows of one page.
        pages_max: pages to read.

    Raises:
        Unavailable: the source cannot answer.
    """
    every = max(1, -(-len(cuts) // pages_max))
    for cut in cuts[::every]:
        page = await pages.page(Window(census.codec.mapping.name, last=cut), page_rows)
        for row in page.rows:
            census.add(row)
