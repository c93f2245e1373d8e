"""How far a backfill has come, for people and for machines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from time import monotonic

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from crossfade.mapping.windows import Progress as Standing
from crossfade.mapping.windows import Tally

LOOK_SECONDS = 0.5
LINE_SECONDS = 5.0
MEGABYTE = 1_000_000

Look = Callable[[], Awaitable[Sequence[Standing]]]


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
    rate = (tally.read - rows_before) / seconds if seconds > 0 else 0.0
    left = 0 if standing.is_done else max(0, standing.rows_estimated - tally.read)
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
        rows_per_second=round(rate, 1),
        eta_seconds=round(left / rate, 1) if rate > 0 else None,
    )


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


async def show(look: Look) -> None:
    """Show progress until cancelled: bars on a terminal, else a JSON line every few seconds."""
    if sys.stderr.isatty():
        await _bars(look)
    else:
        await _lines(look)


async def _lines(look: Look) -> None:
    started = monotonic()
    before = together(await look()).tally.read
    while True:
        await asyncio.sleep(LINE_SECONDS)
        now = figures(together(await look()), before, monotonic() - started)
        sys.stdout.write(orjson.dumps(asdict(now)).decode() + "\n")
        sys.stdout.flush()


async def _bars(look: Look) -> None:
    started = monotonic()
    before = {one.entity: one.tally.read for one in await look()}
    bars: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as display:
        while True:
            for one in await look():
                now = figures(one, before.get(one.entity, 0), monotonic() - started)
                if one.entity not in bars:
                    bars[one.entity] = display.add_task(one.entity, told="")
                display.update(
                    bars[one.entity],
                    total=now.rows_estimated,
                    completed=min(now.rows, now.rows_estimated),
                    told=told(now),
                )
            await asyncio.sleep(LOOK_SECONDS)


def told(now: Figures) -> str:
    """Return what stands beside a bar."""
    eta = "" if now.eta_seconds is None else f", {now.eta_seconds:,.0f} s left"
    return (
        f"{now.rows:,} of about {now.rows_estimated:,} rows, {now.bytes / MEGABYTE:,.1f} MB, "
        f"{now.rows_per_second:,.0f} rows/s{eta}, {now.throttles:,} throttled, "
        f"{now.parked:,} parked"
    )
