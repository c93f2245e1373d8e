"""What the backfill needs of the source's windows and of the store that follows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from crossfade.backfill.windows import Page, Tally, Window
from crossfade.mapping.state import Key, Outcome, State


class Windows(Protocol):
    """The tables' windows: which process copies them, and how far they are done."""

    async def claim(self, without: Collection[str] = (), worker: int = 0) -> Window | None:
        """Claim a free window, skipping the entities in `without`; return None if there is none.

        A worker holds one window at a time; if the reply to an earlier claim was lost, the same
        window is returned again.
        """

    async def is_done(self, without: Collection[str] = ()) -> bool:
        """Return whether every window is done, by any process, except those of some entities."""

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`, from one snapshot."""

    async def advance(self, window: Window, page: Page, tally: Tally) -> bool:
        """Record that a page is done; return False if another process holds the window now."""

    async def behind(self, found: Sequence[tuple[Key, int]]) -> Sequence[tuple[Key, int]]:
        """Return the keys for which the target has a higher version than the ledger."""

    async def renew(self) -> None:
        """Renew the leases of this process."""

    async def release(self) -> None:
        """Release the windows of this process, so that another one can claim them."""


class Writer(Protocol):
    """Writes the rows of one worker to the target."""

    async def write(self, states: Sequence[State]) -> Sequence[Outcome]:
        """Write rows of one entity, each on the condition that the target has nothing newer."""

    def take_counts(self) -> tuple[int, int]:
        """Return the bytes written and the writes throttled since the last call."""
