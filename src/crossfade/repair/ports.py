"""What repair and sweep need of the stores and of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from crossfade.mapping.state import Key, ObjectState, TombstoneRecord
from crossfade.parity.model import Finding, Verdict
from crossfade.ports import Item


class Items(Protocol):
    """The items of the target, read by key."""

    async def get(self, keys: Sequence[Item]) -> Sequence[Item]:
        """Return the items of these table keys that exist, strongly consistent, in no order."""


class ObjectChecker(Protocol):
    """The store of large columns, as repair uses it."""

    async def check(self, object_key: str) -> None:
        """Read an object and compare it with its key.

        Raises:
            MissingObject: it does not exist.
            DamagedObject: its content is not that of its key.
        """

    async def discard_damaged(self, object_key: str) -> bool:
        """Remove an object if its content is not that of its key; return whether it was removed."""


class Uploads(Protocol):
    """The ledger's record of stored objects."""

    async def forget(self, object_keys: Sequence[str]) -> None:
        """Forget objects, so that they are stored again when they are next needed."""


class Findings(Protocol):
    """The findings of verification."""

    async def open_page(
        self, entities: Sequence[str], after: int, *, run: int | None, findings_max: int
    ) -> Sequence[Finding]:
        """Return the open findings after an id, of a run or of all, in the order of discovery."""

    async def open_counts(
        self, entities: Sequence[str], *, run: int | None = None
    ) -> Mapping[Verdict, int]:
        """Return the numbers of open findings by verdict, of one run or of all."""

    async def close(self, keys: Sequence[Key], closed_by: str) -> int:
        """Close the open findings of these keys; return their number."""


class Tombstones(Protocol):
    """The ledger's keys whose rows are deleted."""

    async def page(
        self, entity: str, after: Key | None, keys_max: int
    ) -> Sequence[TombstoneRecord]:
        """Return the clean keys of an entity whose rows are deleted, in order, after a key."""

    async def note(self, tombstones: Sequence[TombstoneRecord]) -> None:
        """Record when these were first seen."""

    async def close(self, tombstones: Sequence[TombstoneRecord]) -> None:
        """Record that the target has no item for these any longer."""


class TombstoneStore(Protocol):
    """The target, as a sweep of tombstones uses it."""

    async def get(self, keys: Sequence[Item]) -> Sequence[Item]:
        """Return the items of these table keys that exist, strongly consistent, in no order."""

    async def remove_tombstone(self, key: Item, version: int) -> bool:
        """Remove a tombstone of this very version; return False if another item exists."""


class Orphans(Protocol):
    """The source's record of objects that no row and no item references."""

    async def states(self, prefix: str, object_keys: Sequence[str]) -> Sequence[ObjectState]:
        """Return the source's state of objects under a prefix, in the order of `object_keys`."""

    async def note(self, object_keys: Sequence[str]) -> None:
        """Record when these were first seen."""

    async def release(self, object_keys: Sequence[str]) -> None:
        """Forget these: they are referenced, or they no longer exist."""

    async def mark_for_removal(self, object_keys: Sequence[str]) -> None:
        """Record that these are about to be removed."""

    async def removed(self, after: str, objects_max: int) -> Sequence[tuple[str, float]]:
        """Return removed objects after a key, in order, each with the seconds since its removal."""


class ObjectRemover(Protocol):
    """The store of large columns, as a sweep of objects uses it."""

    async def names(self, prefix: str, after: str, objects_max: int) -> Sequence[str]:
        """Return the keys of objects under a prefix, after a key, in order."""

    async def exists(self, object_key: str) -> bool:
        """Return whether an object exists."""

    async def remove(self, object_key: str) -> None:
        """Remove an object if it exists."""
