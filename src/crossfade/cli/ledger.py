"""`crossfade install|uninstall|status|unpark`: the capture of writes and how it stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crossfade import postgres
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.shell import AsJson, clear_errors, print_json, print_table, run
from crossfade.settings import load

app = typer.Typer()

STATUS_COLUMNS = (
    "entity",
    "table",
    "keys",
    "dirty",
    "parked",
    "oldest dirty",
    "failures in a row",
    "capture",
)


@app.command(epilog="Examples: crossfade install; crossfade install --json")
def install(*, application: ApplicationOption = "", as_json: AsJson = False) -> None:
    """Capture every write to the mapped tables from now on.

    Creates the schema `crossfade` and the triggers; repeating it mends what is missing and changes
    nothing else. Writers are held up for milliseconds. The role must own the tables.
    """
    with clear_errors():
        mappings = find_application(application).mappings
        done = run(postgres.install(load().dsn, mappings))
    if as_json:
        print_json([asdict(one) for one in done])
    else:
        cells = [(one.entity, one.table, one.change.value) for one in done]
        print_table("Capture", ("entity", "table", "change"), cells)


@app.command(epilog="Examples: crossfade uninstall; crossfade uninstall --force")
def uninstall(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Forget changes that have not reached the target.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove the triggers and the ledger; the application's tables stay as they are."""
    with clear_errors():
        tables = run(postgres.uninstall(load().dsn, force=force))
    if as_json:
        print_json(list(tables))
    else:
        typer.echo(f"no longer captured: {', '.join(tables) or 'nothing was'}")


@app.command(epilog="Examples: crossfade status; crossfade status --json | jq '.[].dirty'")
def status(*, as_json: AsJson = False) -> None:
    """Show what is captured, dirty and parked; the exit code is 3 when a trigger is missing."""
    with clear_errors():
        entities = run(postgres.status(load().dsn))
    if as_json:
        print_json([asdict(entity) for entity in entities])
    else:
        print_table("Ledger", STATUS_COLUMNS, [_status_cells(entity) for entity in entities])
    if any(entity.uncaptured for entity in entities):
        typer.echo("A trigger is missing or disabled: `crossfade install` mends it.", err=True)
        raise typer.Exit(3)


@app.command(epilog="Examples: crossfade unpark; crossfade unpark session --json")
def unpark(
    entity: Annotated[str, typer.Argument(help="Only this entity's keys.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Give parked keys a fresh chance."""
    with clear_errors():
        count = run(postgres.unpark(load().dsn, entity=entity or None))
    if as_json:
        print_json({"unparked": count})
    else:
        typer.echo(f"{count} keys are tried again")


def _status_cells(entity: postgres.EntityStatus) -> tuple[object, ...]:
    age = entity.oldest_dirty_seconds
    return (
        entity.entity,
        entity.table,
        entity.marked,
        entity.dirty,
        entity.parked,
        "" if age is None else f"{age:.1f} s",
        entity.attempts_max,
        "missing on " + ", ".join(entity.uncaptured) if entity.uncaptured else "on",
    )
