"""What verification needs of the stores; the adapters satisfy it structurally."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from crossfade.mapping.state import Key
from crossfade.parity.checkpoint import Progress
from crossfade.parity.comparison.records import ItemKey
from crossfade.parity.comparison.verdicts import KeyStatus
from crossfade.parity.model import Comparison, Finding, Lag, Part, Run, RunState, Tally, Verdict
from crossfade.ports import Item


class RowPage(Protocol):
    """A page of rows."""

    @property
    def rows(self) -> Sequence[Sequence[str | None]]:
        """Return the rows: plain columns, then digests of large ones."""

    @property
    def last_key(self) -> Sequence[str]:
        """Return the primary key of the last row."""


class Rows(Protocol):
    """Whole tables of the source, or of a replica of it."""

    async def catch_up(self) -> None:
        """Wait until the rows include everything that the source has committed."""

    def pages(self, entity: str, after: Sequence[str] | None = None) -> AsyncIterator[RowPage]:
        """Yield the rows after a key, in the order of the primary key."""


class TablePage(Protocol):
    """A page of items."""

    @property
    def items(self) -> Sequence[bytes]:
        """Return the items, each in DynamoDB's JSON."""

    @property
    def read_units(self) -> float:
        """Return the read units that DynamoDB charged."""

    @property
    def last_key(self) -> Mapping[str, Any] | None:
        """Return the key after which the next page begins; None at the end."""


class Table(Protocol):
    """The whole table of the target."""

    @property
    def segments(self) -> int:
        """Return the number of segments, which are read side by side."""

    def pages(
        self, segment: int, segments: int, after: Mapping[str, Any] | None = None
    ) -> AsyncIterator[TablePage]:
        """Yield the pages of one segment, those after a key."""


class ItemReader(Protocol):
    """The items of the target, read by key."""

    async def get(self, keys: Sequence[Mapping[str, Any]]) -> Sequence[Item]:
        """Return the items of these keys that exist, strongly consistent, in no order."""


class KeyStatusReader(Protocol):
    """The ledger's entries."""

    async def read(self, keys: Sequence[Key]) -> Sequence[KeyStatus]:
        """Return the ledger's entry of each key, in the order of `keys`."""


class ListedObject(Protocol):
    """A listed object."""

    @property
    def object_key(self) -> str:
        """Return its key."""

    @property
    def last_modified(self) -> datetime:
        """Return when it was stored."""


class ObjectReader(Protocol):
    """The store of large columns."""

    async def head(self, object_key: str) -> object:
        """Read an object's metadata.

        Raises:
            BrokenPointer: it does not exist, or its metadata contradict its key.
        """

    def open_stream(self, object_key: str) -> AsyncGenerator[bytes, None]:
        """Yield an object's content.

        Raises:
            BrokenPointer: it does not exist, or its content contradicts its key.
        """

    def list(self, prefix: str) -> AsyncIterator[ListedObject]:
        """Yield every object under a prefix, in no order."""


class Checker(Protocol):
    """Compares single keys, in the only order of reads from which a verdict can be drawn."""

    async def check_keys(self, keys: Sequence[Key], *, is_deep: bool) -> list[Comparison]:
        """Return the verdict on each key, in the order of `keys`."""

    async def check_items(
        self, item_keys: Sequence[ItemKey], *, is_deep: bool, without: Collection[str] = ()
    ) -> list[Comparison]:
        """Return one verdict per live item, omitting keys without one and some mappings."""


class FindingStore(Protocol):
    """The findings of verification."""

    async def record(self, run: int, comparisons: Sequence[Comparison]) -> None:
        """Open a finding for each drift, or update the open finding of its key."""

    async def close(self, keys: Sequence[Key], closed_by: str) -> int:
        """Close the open findings of these keys; return their number."""

    async def open_page(
        self,
        entities: Sequence[str],
        after: int = 0,
        *,
        run: int | None = None,
        before_run: int | None = None,
    ) -> Sequence[Finding]:
        """Return the open findings after an id, in the order of discovery."""

    async def open_counts(
        self, entities: Sequence[str], *, run: int | None = None
    ) -> Mapping[Verdict, int]:
        """Return the numbers of open findings by verdict, of one run or of all."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that did not end.

    Attributes:
        progress: its progress; None if it recorded none.
        silent_seconds: the time since it last recorded anything.
    """

    run: Run
    progress: Progress | None
    silent_seconds: float


class RunStore(Protocol):
    """The verification runs."""

    async def start(
        self,
        kind: str,
        entities: Sequence[str],
        progress: Progress | None = None,
        *,
        is_deep: bool,
    ) -> Run:
        """Open a run."""

    async def unfinished(
        self, kind: str, entities: Sequence[str], *, is_deep: bool
    ) -> Unfinished | None:
        """Return the newest run of this kind if it did not end."""

    async def advance(self, run: int, tally: Tally, progress: Progress | None = None) -> Run:
        """Record the progress of a run, which is running then."""

    async def finish(
        self,
        run: int,
        tally: Tally,
        *,
        state: RunState,
        root_digest: str | None = None,
        progress: Progress | None = None,
        entities: Sequence[str] | None = None,
    ) -> Run:
        """Close a run; a failed one may be resumed from its progress.

        Args:
            run: its number.
            tally: its counts.
            state: how it ended.
            root_digest: of all buckets of the source.
            progress: from which a failed run is resumed.
            entities: the covered ones, if these are not all.
        """


class CoverageStore(Protocol):
    """The parts of the keys that were compared, with the time."""

    async def record(self, run: int, entity: str, parts: Sequence[Part]) -> None:
        """Record that a run compared every part of an entity's keys; the parts in order."""


class Lags(Protocol):
    """Writes that are not delivered yet."""

    async def lagging(self, seconds: float) -> Sequence[Lag]:
        """Return the entities whose oldest undelivered write is older than this."""


class UnverifiedKeys(Protocol):
    """Keys that were delivered and not verified since then."""

    async def unverified(self, keys_max: int, without: Collection[str] = ()) -> Sequence[Key]:
        """Return such keys, oldest writes first, skipping the entities in `without`."""

    async def settle(self, comparisons: Sequence[Comparison]) -> None:
        """Record that keys were verified at the compared versions."""

    async def settle_through(self, run: int, entities: Collection[str]) -> None:
        """Record that a run verified the keys that were not written since it began."""
