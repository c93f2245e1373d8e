"""The interfaces that several rooms share; the adapters satisfy them structurally."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from crossfade.events import Event
from crossfade.mapping.state import Key, Outcome, State

Observer = Callable[[Event], None]
Mark = Callable[[Sequence[tuple[Key, int]]], Awaitable[Sequence[Key]]]
"""Raises the versions of keys above their own and the given ones, so that the relay writes them
again; returns the keys that it could not mark because a writer held them."""
Send = Callable[[Sequence[State]], Awaitable[Sequence[Outcome]]]
"""Writes states to the target as the relay does, without acknowledging them."""
Item = dict[str, Any]
"""An item in DynamoDB's JSON: attribute name to typed value, such as ``{"S": "text"}``."""


class Source(Protocol):
    """The authoritative store."""

    async def fetch(self, keys: Sequence[Key]) -> Sequence[State]:
        """Return each key's row and version from one snapshot per entity."""

    async def body(self, key: Key, column: str) -> str | None:
        """Return a large column's current text, None if the row or its value is gone."""


class Target(Protocol):
    """The store that follows."""

    async def put(self, item: Item, version: int) -> Item | None:
        """Write an item unless the existing one has the same or a newer version.

        Returns:
            None when written, else the existing item.
        """
