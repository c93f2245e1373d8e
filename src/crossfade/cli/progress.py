"""The progress of a job: bars on a terminal, else a JSON line every few seconds."""

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

REFRESH_SECONDS = 0.5
LINE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One progress bar.

    Attributes:
        total: None while it is unknown.
        text: the text beside the bar.
    """

    name: str
    done: int
    total: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The progress of a job at one moment.

    Attributes:
        bars: the bars on a terminal.
        line: the fields of a JSON line.
    """

    bars: Sequence[Bar]
    line: Mapping[str, object]


ReadProgress = Callable[[], Awaitable[Reading]]


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of a job.

    Attributes:
        per_second: units of work a second.
        eta_seconds: estimated seconds remaining at this rate; None while the rate is zero.
    """

    per_second: float
    eta_seconds: float | None

    def __str__(self) -> str:
        eta = "" if self.eta_seconds is None else f", {self.eta_seconds:,.0f} s left"
        return f"{self.per_second:,.0f}/s{eta}"


def speed(done: int, left: int, seconds: float) -> Speed:
    """Return the speed of a job that did `done` units in `seconds` and has `left` units left."""
    rate = done / seconds if seconds > 0 else 0.0
    return Speed(round(rate, 1), round(left / rate, 1) if rate > 0 else None)


@asynccontextmanager
async def showing(event: str, read: ReadProgress) -> AsyncIterator[None]:
    """Show the progress of a job on standard error, and once more at its end.

    Args:
        event: the event name of the JSON lines.
        read: reads the progress; while it raises `Unavailable`, the earlier figures stay.
    """
    ended = asyncio.Event()
    show = _bars(read, ended) if sys.stderr.isatty() else _lines(event, read, ended)
    display = asyncio.create_task(show)
    try:
        yield
        ended.set()
        await display
    finally:
        ended.set()
        await cancel_and_wait(display)


async def _lines(event: str, read: ReadProgress, ended: asyncio.Event) -> None:
    while True:
        await sleep_unless(ended, LINE_SECONDS)
        with suppress(Unavailable):
            line = {"event": event, **(await read()).line}
            sys.stderr.write(orjson.dumps(line).decode() + "\n")
            sys.stderr.flush()
        if ended.is_set():
            break


async def _bars(read: ReadProgress, ended: asyncio.Event) -> None:
    tasks: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as display:
        while True:
            with suppress(Unavailable):
                for bar in (await read()).bars:
                    _draw(display, tasks, bar)
            if ended.is_set():
                break
            await sleep_unless(ended, REFRESH_SECONDS)


def _draw(display: Progress, tasks: dict[str, TaskID], bar: Bar) -> None:
    if bar.name not in tasks:
        tasks[bar.name] = display.add_task(bar.name, text="")
    done = bar.done if bar.total is None else min(bar.done, bar.total)
    display.update(tasks[bar.name], total=bar.total, completed=done, text=bar.text)
