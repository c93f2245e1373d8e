"""What the backfill needs of the store that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crossfade.mapping.state import Insertion
from crossfade.ports import Item


class Inserts(Protocol):
    """The store that follows, as it takes rows that are probably new to it."""

    async def insert(self, items: Sequence[Item]) -> Sequence[Insertion]:
        """Write items where none stands; return what became of each.

        Raises:
            Rejected: it cannot in this way, whatever the items.
            Unavailable: it cannot now; some may be written.
        """
