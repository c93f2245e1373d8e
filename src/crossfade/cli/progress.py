"""How far a job has come: bars on a terminal, else a JSON line every few seconds."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from crossfade.errors import Unavailable
from crossfade.jobs.tasks import cancel_and_wait, sleep_unless

LOOK_SECONDS = 0.5
LINE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        total: None while nobody knows.
        told: what stands beside it.
    """

    name: str
    done: int
    total: int | None
    told: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a job has come at one moment.

    Attributes:
        bars: for people.
        line: for machines.
    """

    bars: Sequence[Bar]
    line: Mapping[str, object]


Look = Callable[[], Awaitable[Reading]]


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a job goes.

    Attributes:
        eta_seconds: what is left takes so long at this rate; None while there is none.
    """

    per_second: float
    eta_seconds: float | None

    def __str__(self) -> str:
        eta = "" if self.eta_seconds is None else f", {self.eta_seconds:,.0f} s left"
        return f"{self.per_second:,.0f}/s{eta}"


def speed(done: int, left: int, seconds: float) -> Speed:
    """Return the speed of a job that did so much in so many seconds."""
    rate = done / seconds if seconds > 0 else 0.0
    return Speed(round(rate, 1), round(left / rate, 1) if rate > 0 else None)


@asynccontextmanager
async def showing(event: str, look: Look) -> AsyncIterator[None]:
    """Show on standard error how far a job has come; once more when it has ended.

    Args:
        event: what the lines are called.
        look: reads the figures; while it cannot, what was read before stays.
    """
    ended = asyncio.Event()
    show = _bars(look, ended) if sys.stderr.isatty() else _lines(event, look, ended)
    display = asyncio.create_task(show)
    try:
        yield
        ended.set()
        await display
    finally:
        ended.set()
        await cancel_and_wait(display)


async def _lines(event: str, look: Look, ended: asyncio.Event) -> None:
    while True:
        await sleep_unless(ended, LINE_SECONDS)
        with suppress(Unavailable):
            line = {"event": event, **(await look()).line}
            sys.stderr.write(orjson.dumps(line).decode() + "\n")
            sys.stderr.flush()
        if ended.is_set():
            break


async def _bars(look: Look, ended: asyncio.Event) -> None:
    tasks: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as display:
        while True:
            with suppress(Unavailable):
                for bar in (await look()).bars:
                    _draw(display, tasks, bar)
            if ended.is_set():
                break
            await sleep_unless(ended, LOOK_SECONDS)


def _draw(display: Progress, tasks: dict[str, TaskID], bar: Bar) -> None:
    if bar.name not in tasks:
        tasks[bar.name] = display.add_task(bar.name, told="")
    done = bar.done if bar.total is None else min(bar.done, bar.total)
    display.update(tasks[bar.name], total=bar.total, completed=done, told=bar.told)
