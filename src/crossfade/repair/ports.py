"""What repair and sweep need of the stores and of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from crossfade.mapping.state import Key, ObjectState, TombstoneRecord
from crossfade.parity.model import Finding, Verdict
from crossfade.ports import Item


class Items(Protocol):
    """The items of the store that follows, as it shows them."""

    async def get(self, keys: Sequence[Item]) -> Sequence[Item]:
        """Return the items of these table keys that exist, strongly consistent, in no order."""


class ObjectChecker(Protocol):
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


class Tombstones(Protocol):
    """Keys whose rows are gone, as a sweep sees them."""

    async def page(
        self, entity: str, after: Key | None, keys_max: int
    ) -> Sequence[TombstoneRecord]:
        """Return clean keys of an entity whose row is gone, in order, after one of them."""

    async def note(self, graves: Sequence[TombstoneRecord]) -> None:
        """Remember when these were first seen."""

    async def close(self, graves: Sequence[TombstoneRecord]) -> None:
        """Record that the target holds nothing for these any more."""


class Orphans(Protocol):
    """Objects that nothing names, as a sweep sees them."""

    async def states(self, prefix: str, object_keys: Sequence[str]) -> Sequence[ObjectState]:
        """Return the state in the source of objects under a prefix, in the order of the keys."""

    async def note(self, object_keys: Sequence[str]) -> None:
        """Remember when these were first seen."""

    async def release(self, object_keys: Sequence[str]) -> None:
        """Forget these: something names them, or they are gone for good."""

    async def mark_for_removal(self, object_keys: Sequence[str]) -> None:
        """Record that these are about to be removed."""

    async def removed(self, after: str, objects_max: int) -> Sequence[tuple[str, float]]:
        """Return objects that sweeps removed, in order, and how many seconds ago."""


class TombstoneStore(Protocol):
    """The store that follows, as a sweep of tombstones sees it."""

    async def remove_tombstone(self, key: Item, version: int) -> bool:
        """Remove a tombstone of this very version; False when something else stands there."""


class ObjectRemover(Protocol):
    """The store of large columns, as a sweep of objects sees it."""

    async def names(self, prefix: str, after: str, objects_max: int) -> Sequence[str]:
        """Return the keys of objects under a prefix, in order, after one of them."""

    async def exists(self, object_key: str) -> bool:
        """Tell whether an object stands under a key."""

    async def remove(self, object_key: str) -> None:
        """Remove an object; done when there is none."""
