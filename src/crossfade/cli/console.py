"""Helpers of every command: run asyncio, print tables or JSON, exit on errors."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from crossfade.errors import ConfigurationError, CrossfadeError

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

INTERRUPTED = 130
PIPED_COLUMNS = 200
"""The width of a table that is not printed on a terminal, so that no cell is cut."""


def run(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to completion; Ctrl-C cancels it and lets it clean up."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(job)


def tune_gc() -> None:
    """Collect cyclic garbage less often: rows and items are many and contain no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def stop_on_signals() -> asyncio.Event:
    """Return an event set by Ctrl-C or SIGTERM; a second signal cancels the calling task."""
    stop = asyncio.Event()
    task = asyncio.current_task()

    def request_stop() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, request_stop)
    return stop


@contextmanager
def clear_errors() -> Iterator[None]:
    """Print an error that a user can act on as one line, and exit with code 1."""
    try:
        yield
    except CrossfadeError as error:
        Console(stderr=True).print(f"[red]crossfade:[/] {type(error).__name__}: ", end="")
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write(
            "crossfade: interrupted; nothing is lost, the ledger has the remaining work\n"
        )
        raise typer.Exit(INTERRUPTED) from None


def read_bytes(file: Path) -> bytes:
    """Return the content of a file named by the user.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None


def write_bytes(file: Path, content: bytes) -> None:
    """Write a file named by the user.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_plain).decode())
    sys.stdout.write("\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; columns of numbers are aligned right."""
    table = Table(title=title, title_justify="left")
    for position, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[position], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS).print(table)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
