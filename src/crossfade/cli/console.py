"""What every command shares: running asyncio, printing tables or JSON, ending on errors."""

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
"""How wide a table is that nobody looks at: wide enough to cut nothing."""


def run(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; Ctrl-C cancels it and lets it clean up."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(job)


def tune_gc() -> None:
    """Search for cyclic garbage less often: rows and items are many, and have no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def stop_on_signals() -> asyncio.Event:
    """Return what Ctrl-C and SIGTERM set; a second one cancels the task that called this."""
    stop = asyncio.Event()
    task = asyncio.current_task()

    def tell() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, tell)
    return stop


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn errors that a user can act on into one line and exit code 1."""
    try:
        yield
    except CrossfadeError as error:
        Console(stderr=True).print(f"[red]crossfade:[/] {type(error).__name__}: ", end="")
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("crossfade: interrupted; nothing is lost, the ledger knows what is left\n")
        raise typer.Exit(INTERRUPTED) from None


def read_bytes(file: Path) -> bytes:
    """Read a file that the user named.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None


def write_bytes(file: Path, content: bytes) -> None:
    """Write a file that the user named.

    Raises:
        ConfigurationError: it cannot be written.
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
    """Print a table; numbers stand to the right."""
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
