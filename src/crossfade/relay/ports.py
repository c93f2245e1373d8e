"""What delivery needs of the ledger and of the store of large columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crossfade.mapping.state import AckReport, Key, Outcome, Row, StoredObject


class Feed(Protocol):
    """Which keys are dirty, and what became of them: the ledger."""

    async def due(self, keys_max: int) -> Sequence[Key]:
        """Return dirty keys whose turn it is, at most `keys_max`, without keeping a lock."""

    async def dirty_keys_of(self, rows: Sequence[Row]) -> Sequence[Key]:
        """Return the dirty, unparked keys of these rows: after a move a row has two."""

    async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
        """Record outcomes; a key is clean only if the delivered version is still its newest."""

    async def remember(self, objects: Sequence[StoredObject]) -> None:
        """Record objects as uploaded, so that their columns are not fetched again."""


class Objects(Protocol):
    """The store of large columns."""

    async def put(self, object_key: str, content: str) -> None:
        """Store a content under its key; done when it is there already."""
