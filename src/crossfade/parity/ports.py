"""The interfaces that verification needs; the adapters satisfy them by shape."""

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
    """Rows of one answer."""

    @property
    def rows(self) -> Sequence[Sequence[str | None]]:
        """The rows: plain columns, then digests of large ones."""

    @property
    def last_key(self) -> Sequence[str]:
        """The primary key of the last one."""


class Rows(Protocol):
    """Whole tables of the source, or of a replica of it."""

    async def catch_up(self) -> None:
        """Wait until the rows show everything that the source has written by now."""

    def pages(self, entity: str, after: Sequence[str] | None = None) -> AsyncIterator[RowPage]:
        """Yield rows in the order of the primary key, those after a key."""


class TablePage(Protocol):
    """Items of one answer."""

    @property
    def items(self) -> Sequence[bytes]:
        """The items, each in DynamoDB's JSON."""

    @property
    def read_units(self) -> float:
        """What DynamoDB charged for them."""

    @property
    def last_key(self) -> Mapping[str, Any] | None:
        """What the next page comes after; None at the end."""


class Table(Protocol):
    """The whole table of the target."""

    @property
    def segments(self) -> int:
        """Into how many parts it is divided, which are read side by side."""

    def pages(
        self, segment: int, segments: int, after: Mapping[str, Any] | None = None
    ) -> AsyncIterator[TablePage]:
        """Yield the pages of one part, those after a page."""


class ItemReader(Protocol):
    """The items of the target, read by key."""

    async def get(self, keys: Sequence[Mapping[str, Any]]) -> Sequence[Item]:
        """Return the items of these keys that exist, strongly consistent, in no order."""


class KeyStatusReader(Protocol):
    """A reader of the ledger status of keys."""

    async def read(self, keys: Sequence[Key]) -> Sequence[KeyStatus]:
        """Return the ledger status of each key, in the order of the keys."""


class ListedObject(Protocol):
    """An object of a listing."""

    @property
    def object_key(self) -> str:
        """Its name."""

    @property
    def last_modified(self) -> datetime:
        """When it was stored."""


class ObjectReader(Protocol):
    """The store of large columns, as verification reads it."""

    async def head(self, object_key: str) -> object:
        """Read what an object says of itself; BrokenPointer when it is not there or contradicts."""

    def open_stream(self, object_key: str) -> AsyncGenerator[bytes, None]:
        """Read an object's content; BrokenPointer when it is not what its name says."""

    def list(self, prefix: str) -> AsyncIterator[ListedObject]:
        """Return every object under a prefix, in no order."""


class Examiner(Protocol):
    """Keys looked at one by one, in the one order of reads from which a verdict can be drawn."""

    async def keys(self, asked: Sequence[Key], *, is_deep: bool) -> list[Comparison]:
        """Return the verdict on each key, in the order asked."""

    async def places(
        self, asked: Sequence[ItemKey], *, is_deep: bool, without: Collection[str] = ()
    ) -> list[Comparison]:
        """Return the verdict on the live item at each item key; none where there is none.

        None either for the items of some mappings.
        """


class FindingStore(Protocol):
    """What verification found."""

    async def record(self, run: int, comparisons: Sequence[Comparison]) -> None:
        """Open a finding for each drift, or bring the key's open one up to date."""

    async def close(self, keys: Sequence[Key], closed_by: str) -> int:
        """Close the open findings of keys that are equal now; returns how many there were."""

    async def open_page(
        self,
        entities: Sequence[str],
        after: int = 0,
        *,
        run: int | None = None,
        before_run: int | None = None,
    ) -> Sequence[Finding]:
        """Return open findings in the order of their discovery, those after an id."""

    async def open_counts(
        self, entities: Sequence[str], *, run: int | None = None
    ) -> Mapping[Verdict, int]:
        """Return how many findings are open, by verdict; of one run, or of all."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that did not come to its end.

    Attributes:
        progress: where it stood; None when it does not say.
        silent_seconds: how long ago it last said so.
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
        """Return the newest run of this kind if it did not come to its end."""

    async def advance(self, run: int, tally: Tally, progress: Progress | None = None) -> Run:
        """Record how far a run has come; it is running then."""

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
        """Close a run; one that failed may go on from its progress.

        `entities` are those that it has covered, when these are not all.
        """


class CoverageStore(Protocol):
    """Which parts of the keys were compared, and when."""

    async def record(self, run: int, entity: str, parts: Sequence[Part]) -> None:
        """Note that a run compared every part of an entity's keys, the first part first."""


class Lags(Protocol):
    """Writes that wait for their delivery."""

    async def lagging(self, seconds: float) -> Sequence[Lag]:
        """Return the entities whose oldest undelivered write is older than this."""


class UnverifiedKeys(Protocol):
    """Keys that were delivered and not verified since."""

    async def unverified(self, keys_max: int, without: Collection[str] = ()) -> Sequence[Key]:
        """Return such keys, those of the oldest writes first; without those of some entities."""

    async def settle(self, comparisons: Sequence[Comparison]) -> None:
        """Note that keys were verified at the versions that were judged."""

    async def settle_through(self, run: int, entities: Collection[str]) -> None:
        """Note that keys that nothing has touched since a run began were verified by it."""
