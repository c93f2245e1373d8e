"""`crossfade local up|status|env|down`: PostgreSQL, DynamoDB and S3 on this machine."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.local import (
    EngineStatus,
    Start,
    State,
    default_folder,
    down,
    environment,
    status,
    up,
)

app = typer.Typer(
    help="Run PostgreSQL, DynamoDB and S3 on this machine, without an AWS account.",
    no_args_is_help=True,
)

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help=f"The data folder; {default_folder()} by default.",
        file_okay=False,
    ),
]

_COLUMNS = ("engine", "provides", "state", "port", "process")
_TABLES_LOST = (
    "aws: the last run was not stopped cleanly; its tables are those of the last clean stop, "
    "its objects are complete"
)


@app.command("up")
def up_command(*, data: Data = None, as_json: AsJson = False) -> None:
    """Start the engines and print the environment variables that point to them.

    They run until `crossfade local down`. Running it again is harmless; after a crash it cleans up.

    Examples:

        crossfade local up

        crossfade local up --data ./engines

        eval "$(crossfade local env)"
    """
    folder = data or default_folder()
    with clear_errors():
        result = run(up(folder))
    if as_json:
        print_json(asdict(result))
        return
    for name, done in result.started.items():
        typer.echo(f"{name}: {done}")
    if result.started["aws"] is Start.RECOVERED:
        typer.echo(_TABLES_LOST)
    _print_engines(folder, result.engines)
    _print_exports(result.environment)


@app.command("status")
def status_command(*, data: Data = None, as_json: AsJson = False) -> None:
    """Show which engines run; the exit code is 0 when all of them do, else 3.

    Examples:

        crossfade local status

        crossfade local status --json | jq '.[].state'
    """
    folder = data or default_folder()
    with clear_errors():
        engines = status(folder)
    if as_json:
        print_json([asdict(engine) for engine in engines])
    else:
        _print_engines(folder, engines)
    if any(engine.state is not State.RUNNING for engine in engines):
        raise typer.Exit(_NOT_RUNNING)


@app.command("env")
def env_command(*, data: Data = None, as_json: AsJson = False) -> None:
    """Print the environment variables that point to the running engines.

    Examples:

        eval "$(crossfade local env)"

        crossfade local env --json > engines.json
    """
    with clear_errors():
        variables = environment(data or default_folder())
    if variables is None:
        typer.echo(
            "crossfade: the engines are not running; `crossfade local up` starts them", err=True
        )
        raise typer.Exit(_NOT_RUNNING)
    if as_json:
        print_json(variables)
    else:
        _print_exports(variables)


@app.command("down")
def down_command(*, data: Data = None, as_json: AsJson = False) -> None:
    """Stop the engines; their data is kept for the next `up`.

    Examples:

        crossfade local down

        crossfade local down --data ./engines
    """
    with clear_errors():
        found = run(down(data or default_folder()))
    if as_json:
        print_json([asdict(engine) for engine in found])
        return
    for engine in found:
        typer.echo(f"{engine.name}: {_STOPPED[engine.state]}")


_NOT_RUNNING = 3
"""Source: Linux Standard Base, "Init Script Actions": 3 is "program is not running"."""

_STOPPED = {
    State.RUNNING: "stopped",
    State.STOPPED: "was not running",
    State.CRASHED: "had crashed; cleaned up",
}


def _print_engines(folder: Path, engines: tuple[EngineStatus, ...]) -> None:
    rows = [
        (engine.name, engine.provides, engine.state, engine.port, engine.pid) for engine in engines
    ]
    print_table(f"Local engines in {folder}", _COLUMNS, rows)


def _print_exports(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
