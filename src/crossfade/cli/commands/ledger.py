"""`crossfade install|uninstall|status|unpark`: the capture of writes and how it stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crossfade import postgres
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.errors import ConfigurationError
from crossfade.mapping.state import Key
from crossfade.postgres.monitoring.details import ParkedKey, parked_page
from crossfade.postgres.monitoring.overview import ProcessNow, overview
from crossfade.settings import load_settings

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
PROCESS_COLUMNS = ("process", "does", "leaves alone", "told of itself", "state")

PARKED_COLUMNS = ("parked key", "tried", "dirty since", "reason")
PARKED_SHOWN_MAX = 20

ANSWER_SECONDS = 10.0


@app.command(epilog="Examples: crossfade install; crossfade install --json")
def install(*, application: ApplicationOption = "", as_json: AsJson = False) -> None:
    """Capture every write to the mapped tables from now on.

    Creates the schema `crossfade` and the triggers; repeating it mends what is missing and changes
    nothing else. Writers are held up for milliseconds. The role must own the tables.
    """
    with clear_errors():
        mappings = find_application(application).mappings
        done = run(postgres.install(load_settings().dsn, mappings))
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
        tables = run(postgres.uninstall(load_settings().dsn, force=force))
    if as_json:
        print_json(list(tables))
    else:
        typer.echo(f"no longer captured: {', '.join(tables) or 'nothing was'}")


@app.command(epilog="Examples: crossfade status; crossfade status --json | jq '.entities[].dirty'")
def status(*, as_json: AsJson = False) -> None:
    """Show what is captured, dirty and parked; the exit code is 3 when a trigger is missing.

    The first parked keys are shown with the reason. The processes that deliver are shown with the
    stores that they leave alone for a while, because those failed too often in a row.
    """
    with clear_errors():
        dsn = load_settings().dsn
        entities = run(postgres.status(dsn))
        processes, parked = run(_processes_and_parked(dsn))
    if as_json:
        print_json(
            {
                "entities": [asdict(entity) for entity in entities],
                "processes": [asdict(process) for process in processes],
                "parked": [asdict(key) for key in parked],
            }
        )
    else:
        print_table("Ledger", STATUS_COLUMNS, [_status_cells(entity) for entity in entities])
        if parked:
            print_table("Parked", PARKED_COLUMNS, [_parked_cells(key) for key in parked])
        if processes:
            print_table("Processes", PROCESS_COLUMNS, [_process_cells(one) for one in processes])
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
        dsn = load_settings().dsn
        known = [one.entity for one in run(postgres.status(dsn))]
        if entity and entity not in known:
            raise ConfigurationError(f"no entity {entity!r} is captured; one of {', '.join(known)}")
        count = run(postgres.unpark(dsn, entity=entity or None))
    if as_json:
        print_json({"unparked": count})
    else:
        typer.echo(f"{count} keys are tried again")


async def _processes_and_parked(
    dsn: str,
) -> tuple[tuple[ProcessNow, ...], tuple[ParkedKey, ...]]:
    async with postgres.open_pool(dsn) as pool:
        seen = await overview(pool, ANSWER_SECONDS)
        return seen.processes, await parked_page(pool, keys_max=PARKED_SHOWN_MAX)


def _parked_cells(parked: ParkedKey) -> tuple[object, ...]:
    return (
        str(Key(parked.entity, parked.key)),
        parked.attempts,
        f"{parked.dirty_since:%Y-%m-%d %H:%M:%S}",
        parked.parked_reason,
    )


def _process_cells(process: ProcessNow) -> tuple[object, ...]:
    return (
        process.id,
        ", ".join(process.jobs),
        ", ".join(process.stores_open),
        f"{process.silent_seconds:.0f} s ago",
        "at work" if process.is_alive else "silent",
    )


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
