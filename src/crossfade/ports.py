"""The few interfaces that flows need; the adapters satisfy them by shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from crossfade.events import Event
from crossfade.mapping.state import (
    Key,
    Outcome,
    State,
)

Observer = Callable[[Event], None]
Mark = Callable[[Sequence[tuple[Key, int]]], Awaitable[Sequence[Key]]]
"""Gives keys versions above their own and the given ones, so that the relay writes them anew;
returns those that a writer held all the while, which are as they were."""
Send = Callable[[Sequence[State]], Awaitable[Sequence[Outcome]]]
"""Writes states to the target as the relay does, and acknowledges nothing."""
Item = dict[str, Any]
"""An item in DynamoDB's JSON: attribute name to typed value, such as ``{"S": "text"}``."""


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
