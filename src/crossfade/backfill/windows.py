"""Windows of a table, pages of rows, and counts of their outcomes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

from crossfade.mapping.state import Live

PrimaryKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a table by its primary key, as PostgreSQL prints it.

    Attributes:
        entity: the mapping's name.
        number: its place in the table, from 0.
        last: the last key that is done; None: nothing is done.
        through: the last key of the window, inclusive; None: the end of the table.
        worker: the number of the worker that copies it, within its process.
    """

    entity: str
    number: int = 0
    last: PrimaryKey | None = None
    through: PrimaryKey | None = None
    worker: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that follow each other, from one snapshot.

    Attributes:
        rows: rows without a ledger entry.
        known: number of rows skipped because the relay owns them.
        last: primary key of the last row; None without a row.
        is_end: whether the window ends here.
    """

    rows: tuple[Live, ...]
    known: int
    last: PrimaryKey | None
    is_end: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of rows by outcome.

    Attributes:
        read: rows read; each is counted again under one of the next four.
        written: rows that are new in the target.
        skipped: rows that the target already has, or that the relay owns.
        marked: rows left to the relay, because they changed or the target holds another item.
        parked: rows that the relay will park, because they cannot be written as they are.
        written_bytes: size of the items that were written.
        throttles: writes that the target refused for their rate.
    """

    read: int = 0
    written: int = 0
    skipped: int = 0
    marked: int = 0
    parked: int = 0
    written_bytes: int = 0
    throttles: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Tally)))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the backfill of an entity has come.

    Attributes:
        rows_estimated: rows of the table when it was planned, from a sample of its pages.
        windows_leased: windows that a process is copying.
    """

    entity: str
    rows_estimated: int
    windows: int
    windows_done: int
    windows_leased: int
    tally: Tally

    @property
    def is_done(self) -> bool:
        """Whether every window is done."""
        return self.windows_done == self.windows


def windows_between(entity: str, cuts: Sequence[PrimaryKey]) -> tuple[Window, ...]:
    """Return the windows between keys of a table; the first and the last are open-ended."""
    bounds = (None, *cuts, None)
    return tuple(
        Window(entity, number, last, through)
        for number, (last, through) in enumerate(pairwise(bounds))
    )
