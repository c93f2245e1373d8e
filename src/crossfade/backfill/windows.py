"""What the backfill carries: windows of a table, pages of rows, counts of what became of them."""

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
        last: what is done ends with this key; None: nothing is.
        through: the window's last key, itself included; None: to the table's end.
        lane: which of a process's lanes works on it.
    """

    entity: str
    number: int = 0
    last: PrimaryKey | None = None
    through: PrimaryKey | None = None
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that follow each other, from one snapshot.

    Attributes:
        rows: rows without a ledger entry.
        known: number of rows skipped because the relay owns them.
        last: the last row's primary key; None when there was no row.
        is_end: whether the window ends here.
    """

    rows: tuple[Live, ...]
    known: int
    last: PrimaryKey | None
    is_end: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of rows.

    Attributes:
        read: rows looked at; each of them is counted once more below.
        written: rows that the target did not hold before.
        skipped: rows that it held, or that are the relay's.
        marked: rows left to the relay, because they changed or the target holds something else.
        parked: rows left to the relay to park, because they cannot be written as they are.
        written_bytes: size of the items that were written.
        throttles: puts that the target refused for their rate.
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
        rows_estimated: rows that the table had when it was planned, from a sample of its pages.
        windows_leased: windows that a process works on at this moment.
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
    """Return the windows that keys cut a table into, the first and the last open-ended."""
    bounds = (None, *cuts, None)
    return tuple(
        Window(entity, number, last, through)
        for number, (last, through) in enumerate(pairwise(bounds))
    )
