"""The interfaces of the ledger and of the object store that delivery needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crossfade.mapping.state import AckReport, Key, Outcome, Row, StoredObject


class Feed(Protocol):
    """The ledger: the dirty keys, and the outcomes of their deliveries."""

    async def due(self, keys_max: int) -> Sequence[Key]:
        """Return dirty keys that are due, at most `keys_max`, without holding a lock."""

    async def dirty_keys_of(self, rows: Sequence[Row]) -> Sequence[Key]:
        """Return the dirty, unparked keys of these rows; a row whose key changed has two."""

    async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
        """Record outcomes; a key is clean only if the delivered version is still its newest."""

    async def remember(self, objects: Sequence[StoredObject]) -> None:
        """Record objects as uploaded, so that they are not uploaded again."""


class Objects(Protocol):
    """The store of large columns."""

    async def put(self, object_key: str, content: str) -> None:
        """Store a content under its key; do nothing if an object has this key."""
