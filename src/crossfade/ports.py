"""The few interfaces that flows need; the adapters satisfy them by shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from crossfade.events import Event
from crossfade.mapping.parity import Finding, Verdict
from crossfade.mapping.state import (
    AckReport,
    Grave,
    Insertion,
    Key,
    Look,
    Outcome,
    Row,
    State,
    StoredObject,
)
from crossfade.mapping.tasks import OperatorRequest, RequestState

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


class Inserts(Protocol):
    """The store that follows, as it takes rows that are probably new to it."""

    async def insert(self, items: Sequence[Item]) -> Sequence[Insertion]:
        """Write items where none stands; return what became of each.

        Raises:
            Rejected: it cannot in this way, whatever the items.
            Unavailable: it cannot now; some may be written.
        """


class Objects(Protocol):
    """The store of large columns."""

    async def put(self, object_key: str, content: str) -> None:
        """Store a content under its key; done when it is there already."""


class Items(Protocol):
    """The items of the store that follows, as it shows them."""

    async def get(self, keys: Sequence[Item]) -> Sequence[Item]:
        """Return the items of these table keys that exist, strongly consistent, in no order."""


class Shelf(Protocol):
    """The store of large columns, as repair sees it."""

    async def check(self, object_key: str) -> None:
        """Read an object and compare it with its key; BrokenPointer when it is not as it says."""

    async def discard_damaged(self, object_key: str) -> bool:
        """Remove an object if it is not what its key says; whether it was removed."""


class Uploads(Protocol):
    """Which objects the ledger knows to be stored."""

    async def forget(self, object_keys: Sequence[str]) -> None:
        """Forget objects, so that they are stored again when they are next needed."""


class Findings(Protocol):
    """What verification found and nobody has settled."""

    async def open_page(
        self, entities: Sequence[str], after: int, *, run: int | None, findings_max: int
    ) -> Sequence[Finding]:
        """Return open findings in the order of discovery: those after one, of a run or of all."""

    async def open_counts(
        self, entities: Sequence[str], *, run: int | None = None
    ) -> Mapping[Verdict, int]:
        """Return how many findings are open, by verdict; of one run, or of all."""

    async def close(self, keys: Sequence[Key], closed_by: str) -> int:
        """Close the open findings of these keys; returns how many there were."""


class Graves(Protocol):
    """Keys whose rows are gone, as a sweep sees them."""

    async def page(self, entity: str, after: Key | None, keys_max: int) -> Sequence[Grave]:
        """Return clean keys of an entity whose row is gone, in order, after one of them."""

    async def note(self, graves: Sequence[Grave]) -> None:
        """Remember when these were first seen."""

    async def close(self, graves: Sequence[Grave]) -> None:
        """Record that the target holds nothing for these any more."""


class Orphans(Protocol):
    """Objects that nothing names, as a sweep sees them."""

    async def look(self, prefix: str, object_keys: Sequence[str]) -> Sequence[Look]:
        """Return what the source says about objects under a prefix, in the order asked."""

    async def note(self, object_keys: Sequence[str]) -> None:
        """Remember when these were first seen."""

    async def release(self, object_keys: Sequence[str]) -> None:
        """Forget these: something names them, or they are gone for good."""

    async def condemn(self, object_keys: Sequence[str]) -> None:
        """Record that these are about to be removed."""

    async def removed(self, after: str, objects_max: int) -> Sequence[tuple[str, float]]:
        """Return objects that sweeps removed, in order, and how many seconds ago."""


class Cemetery(Protocol):
    """The store that follows, as a sweep of tombstones sees it."""

    async def remove_tombstone(self, key: Item, version: int) -> bool:
        """Remove a tombstone of this very version; False when something else stands there."""


class Attic(Protocol):
    """The store of large columns, as a sweep of objects sees it."""

    async def names(self, prefix: str, after: str, objects_max: int) -> Sequence[str]:
        """Return the keys of objects under a prefix, in order, after one of them."""

    async def exists(self, object_key: str) -> bool:
        """Tell whether an object stands under a key."""

    async def remove(self, object_key: str) -> None:
        """Remove an object; done when there is none."""


class Requests(Protocol):
    """What operators asked for, as a worker sees it."""

    @property
    def lease_seconds(self) -> float:
        """How long a worker may be silent before it loses its request."""

    async def take(self) -> OperatorRequest | None:
        """Take the oldest request, unless one is being worked on."""

    async def renew(self, number: int, outcome: str | None) -> bool:
        """Keep a request, and tell how far it has come; False when another worker has it."""

    async def end(self, number: int, state: RequestState, outcome: str | None) -> bool:
        """End a request, or give it back as waiting; False when another worker has it."""

    async def forget_revealed(self) -> int:
        """Remove revealed content that has expired; returns how many there were."""
