"""`crossfade demo`: a migration on embedded engines, explained step by step."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from crossfade.cli.console import AsJson, clear_errors
from crossfade.errors import ConfigurationError

GROUP = "crossfade.demos"

app = typer.Typer()


@app.command(epilog="Examples: crossfade demo; crossfade demo --data ./transcripts --keep")
def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="A folder of transcripts; a sample by default."
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave the engines running, and print how to explore them."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Demonstrate a migration on this machine: dual writes, an outage, an audit.

    Starts PostgreSQL, DynamoDB and S3, loads transcripts through the application, stops DynamoDB
    and S3 while writes continue, restarts them, and compares every row with its item and objects.
    The exit code is 0 only if everything is equal.
    """
    with clear_errors():
        code = _find_demo()(data=data, keep=keep, as_json=as_json)
    raise typer.Exit(code)


def _find_demo() -> Callable[..., int]:
    found = entry_points(group=GROUP)
    if not found:
        raise ConfigurationError(
            "demo: the application to show is not installed: pip install 'crossfade[demo]'"
        )
    loaded: Callable[..., int] = next(iter(found)).load()
    return loaded
