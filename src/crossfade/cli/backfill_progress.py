"""How far a backfill has come, for people and for machines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import monotonic

from crossfade.backfill.windows import Progress as Standing
from crossfade.backfill.windows import Tally
from crossfade.cli.progress import Bar, Reading, Speed, speed

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """One entity, or all of them, at one moment.

    Attributes:
        rows_per_second: since this process began to look.
        eta_seconds: at this rate; None while there is none.
    """

    entity: str
    rows: int
    rows_estimated: int
    written: int
    skipped: int
    marked: int
    parked: int
    bytes: int
    throttles: int
    windows: int
    windows_done: int
    rows_per_second: float
    eta_seconds: float | None


def figures(standing: Standing, rows_before: int, seconds: float) -> Figures:
    """Return an entity's figures, given its rows of so many seconds ago."""
    tally = standing.tally
    left = 0 if standing.is_done else max(0, standing.rows_estimated - tally.read)
    rate = speed(tally.read - rows_before, left, seconds)
    return Figures(
        entity=standing.entity,
        rows=tally.read,
        rows_estimated=tally.read if standing.is_done else standing.rows_estimated,
        written=tally.written,
        skipped=tally.skipped,
        marked=tally.marked,
        parked=tally.parked,
        bytes=tally.written_bytes,
        throttles=tally.throttles,
        windows=standing.windows,
        windows_done=standing.windows_done,
        rows_per_second=rate.per_second,
        eta_seconds=rate.eta_seconds,
    )


def nothing_of(entity: str) -> Figures:
    """Return the figures of an entity that was left out from the beginning."""
    return figures(Standing(entity, 0, 0, 0, 0, Tally()), 0, 0.0)


def together(standings: Sequence[Standing]) -> Standing:
    """Return the sum of several entities, under the name ``all``."""
    return Standing(
        "all",
        sum(one.rows_estimated for one in standings),
        sum(one.windows for one in standings),
        sum(one.windows_done for one in standings),
        sum(one.windows_leased for one in standings),
        sum((one.tally for one in standings), Tally()),
    )


async def read_progress(
    progress: Callable[[], Awaitable[Sequence[Standing]]], before: Mapping[str, int], started: float
) -> Reading:
    """Read how far a backfill has come.

    Args:
        progress: asks the ledger.
        before: the rows of each entity when this process began to look.
        started: when that was, by `time.monotonic`.
    """
    standings = await progress()
    seconds = monotonic() - started
    now = [figures(one, before.get(one.entity, 0), seconds) for one in standings]
    whole = figures(together(standings), sum(before.values()), seconds)
    bars = [Bar(one.entity, one.rows, one.rows_estimated, told(one)) for one in now]
    return Reading(bars, asdict(whole))


def told(now: Figures) -> str:
    """Return what stands beside a bar."""
    rate = Speed(now.rows_per_second, now.eta_seconds)
    return (
        f"{now.rows:,} of about {now.rows_estimated:,} rows, {now.bytes / MEGABYTE:,.1f} MB, "
        f"{rate}, {now.throttles:,} throttled, {now.parked:,} parked"
    )
