"""The few interfaces that flows need; the adapters satisfy them by shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from crossfade.events import Event
from crossfade.mapping.state import Key, Outcome, State, StoredObject

Observer = Callable[[Event], None]


class Feed(Protocol):
    """Which keys are dirty, and what became of them: the ledger."""

    async def due(self, keys_max: int) -> Sequence[Key]:
        """Return dirty keys whose turn it is, at most `keys_max`, without keeping a lock."""

    async def dirty_of(self, entity: str, primary_key: Sequence[str]) -> Sequence[Key]:
        """Return the dirty keys of one row: after a move there are two."""

    async def ack(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes; a key is clean only if the delivered version is still its newest."""

    async def remember(self, objects: Sequence[StoredObject]) -> None:
        """Record objects as uploaded, so that their columns are not fetched again."""


class Source(Protocol):
    """The store that holds the truth."""

    async def fetch(self, keys: Sequence[Key]) -> Sequence[State]:
        """Return each key's row and version from one snapshot per entity."""

    async def body(self, key: Key, column: str) -> str | None:
        """Return a large column's text as it is now, None when the row or its value is gone."""


class Target(Protocol):
    """The store that follows."""

    async def put(self, item: dict[str, object], version: int) -> int | None:
        """Write an item unless the stored one has the same or a newer version.

        Returns:
            None when written, else the version that stands there.
        """


class Objects(Protocol):
    """The store of large columns."""

    async def put(self, object_key: str, content: str) -> None:
        """Store a content under its key; done when it is there already."""
