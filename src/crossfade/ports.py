"""The few interfaces that flows need; the adapters satisfy them by shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from crossfade.events import Event
from crossfade.mapping.state import AckReport, Key, Outcome, Row, State, StoredObject

Observer = Callable[[Event], None]
Mark = Callable[[Sequence[tuple[Key, int]]], Awaitable[Sequence[Key]]]
"""Gives keys versions above their own and the given ones, so that the relay writes them anew;
returns those that a writer held all the while, which are as they were."""
Send = Callable[[Sequence[State]], Awaitable[Sequence[Outcome]]]
"""Writes states to the target as the relay does, and acknowledges nothing."""
Item = dict[str, Any]
"""An item in DynamoDB's JSON: attribute name to typed value, such as ``{"S": "text"}``."""


class Feed(Protocol):
    """Which keys are dirty, and what became of them: the ledger."""

    async def due(self, keys_max: int) -> Sequence[Key]:
        """Return dirty keys whose turn it is, at most `keys_max`, without keeping a lock."""

    async def dirty_of(self, rows: Sequence[Row]) -> Sequence[Key]:
        """Return the dirty, unparked keys of these rows: after a move a row has two."""

    async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
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

    async def put(self, item: Item, version: int) -> Item | None:
        """Write an item unless the stored one has the same or a newer version.

        Returns:
            None when written, else the item that stands there.
        """


class Objects(Protocol):
    """The store of large columns."""

    async def put(self, object_key: str, content: str) -> None:
        """Store a content under its key; done when it is there already."""
