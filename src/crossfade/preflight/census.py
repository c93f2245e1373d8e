"""Counts of what rows would become: items, write units, objects, rows that do not fit. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crossfade.backfill.rate import write_units
from crossfade.errors import Rejected, TooLarge, Unmappable
from crossfade.mapping.codec.codec import Codec, NewObject
from crossfade.mapping.codec.item_size import item_bytes
from crossfade.mapping.codec.shapes import Item
from crossfade.mapping.state import Live

MISFITS_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that cannot be stored as it is, identified by its primary key.

    Attributes:
        primary_key: the key columns as PostgreSQL prints them.
        problem: the column and the kind of its value, never the value.
        remedy: what to change.
    """

    primary_key: tuple[str, ...]
    problem: str
    remedy: str


@dataclass(slots=True)
class Census:
    """Counts over the rows of one table.

    Attributes:
        codec: converts the rows.
        items: rows that fit.
        item_bytes: total size of their items.
        item_bytes_max: size of the largest item.
        item_units: write units of the table alone, which limit the rate of a backfill.
        write_units: write units of the table and its indexes, which are charged.
        objects: large columns that are stored as objects.
        object_bytes: total uncompressed size of the objects with a known size.
        misfits: rows that do not fit.
        shown: the first `MISFITS_SHOWN_MAX` misfits.
    """

    codec: Codec
    items: int = 0
    item_bytes: int = 0
    item_bytes_max: int = 0
    item_units: int = 0
    write_units: int = 0
    objects: int = 0
    object_bytes: int = 0
    misfits: int = 0
    shown: list[Misfit] = field(default_factory=list)
    _index_fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._index_fields = frozenset(
            index.keys[0].field
            for entity in self.codec.mapping.entities
            for index in entity.indexes.values()
            if index.index and index.keys[0].field
        )

    def add(self, row: Live) -> None:
        """Count a row."""
        try:
            draft = self.codec.encode(row)
        except Rejected as error:
            self._count_misfit(row, error)
            return
        size = item_bytes(draft.item)
        self.items += 1
        self.item_bytes += size
        self.item_bytes_max = max(self.item_bytes_max, size)
        units = write_units(size)
        self.item_units += units
        self.write_units += units * self._copies(draft.item)
        self.objects += len(draft.objects)
        sizes = {ref.column: ref.size_bytes for ref in row.bodies}
        self.object_bytes += sum(_bytes_of(one, sizes.get) for one in draft.objects)

    def _copies(self, item: Item) -> int:
        """Return how often an item is written: to the table and to each index that contains it."""
        return 1 + sum(name in item for name in self._index_fields)

    def _count_misfit(self, row: Live, error: Rejected) -> None:
        self.misfits += 1
        if len(self.shown) < MISFITS_SHOWN_MAX:
            columns = len(self.codec.mapping.primary_key)
            key = tuple(part or "" for part in row.key.parts[:columns])
            self.shown.append(Misfit(key, *_problem_and_remedy(error)))


def _bytes_of(needed: NewObject, size_of: Callable[[str], int | None]) -> int:
    if needed.content is not None:
        return len(needed.content.encode())
    return size_of(needed.column) or 0


def _problem_and_remedy(error: Rejected) -> tuple[str, str]:
    match error:
        case Unmappable():
            return f"{error.field}: {error.kind}", error.remedy
        case TooLarge():
            return (
                f"the item has {error.item_bytes} bytes, the limit is {error.item_bytes_max}",
                "declare its large columns as bodies, so that they are stored in S3",
            )
        case _:
            return str(error), "change the row, or its mapping"
