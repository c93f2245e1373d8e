"""The progress of a backfill as figures, bars and JSON lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import monotonic

from crossfade.backfill.windows import Progress, Tally
from crossfade.cli.progress import Bar, Reading, Speed, speed

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one entity, or of all entities, at one moment.

    Attributes:
        rows: rows read.
        marked: rows left to the relay.
        rows_per_second: average since this process started.
        eta_seconds: estimated seconds remaining at this rate; None while the rate is zero.
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


def figures(progress: Progress, rows_before: int, seconds: float) -> Figures:
    """Return an entity's figures.

    Args:
        progress: its progress now.
        rows_before: rows read when the measurement started.
        seconds: seconds since then.
    """
    tally = progress.tally
    left = 0 if progress.is_done else max(0, progress.rows_estimated - tally.read)
    rate = speed(tally.read - rows_before, left, seconds)
    return Figures(
        entity=progress.entity,
        rows=tally.read,
        rows_estimated=tally.read if progress.is_done else progress.rows_estimated,
        written=tally.written,
        skipped=tally.skipped,
        marked=tally.marked,
        parked=tally.parked,
        bytes=tally.written_bytes,
        throttles=tally.throttles,
        windows=progress.windows,
        windows_done=progress.windows_done,
        rows_per_second=rate.per_second,
        eta_seconds=rate.eta_seconds,
    )


def zero_figures(entity: str) -> Figures:
    """Return the figures of an entity that was skipped from the start."""
    return figures(Progress(entity, 0, 0, 0, 0, Tally()), 0, 0.0)


def total(entities: Sequence[Progress]) -> Progress:
    """Return the sum of several entities, under the name ``all``."""
    return Progress(
        "all",
        sum(one.rows_estimated for one in entities),
        sum(one.windows for one in entities),
        sum(one.windows_done for one in entities),
        sum(one.windows_leased for one in entities),
        sum((one.tally for one in entities), Tally()),
    )


async def read_progress(
    progress: Callable[[], Awaitable[Sequence[Progress]]], before: Mapping[str, int], started: float
) -> Reading:
    """Read the progress of a backfill.

    Args:
        progress: reads it from the ledger.
        before: the rows read of each entity when this process started.
        started: when it started, in seconds of `time.monotonic`.
    """
    entities = await progress()
    seconds = monotonic() - started
    now = [figures(one, before.get(one.entity, 0), seconds) for one in entities]
    whole = figures(total(entities), sum(before.values()), seconds)
    bars = [Bar(one.entity, one.rows, one.rows_estimated, text_of(one)) for one in now]
    return Reading(bars, asdict(whole))


def text_of(now: Figures) -> str:
    """Return the text beside a bar."""
    rate = Speed(now.rows_per_second, now.eta_seconds)
    return (
        f"{now.rows:,} of about {now.rows_estimated:,} rows, {now.bytes / MEGABYTE:,.1f} MB, "
        f"{rate}, {now.throttles:,} throttled, {now.parked:,} parked"
    )
