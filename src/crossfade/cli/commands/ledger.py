"""`crossfade install|uninstall|status|unpark`: the capture of writes, and its state."""

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
PROCESS_COLUMNS = ("process", "jobs", "breaker open", "last report", "state")

PARKED_COLUMNS = ("parked key", "attempts", "dirty since", "reason")
PARKED_SHOWN_MAX = 20

ANSWER_SECONDS = 10.0


@app.command(epilog="Examples: crossfade install; crossfade install --json")
def install(*, application: ApplicationOption = "", as_json: AsJson = False) -> None:
    """Capture every write to the mapped tables from now on.

    Creates the schema `crossfade` and the triggers; running it again restores missing parts and
    changes nothing else. Writers wait for milliseconds. The role must own the tables.
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
        bool, typer.Option("--force", help="Discard changes that have not reached the target.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove the triggers and the ledger; the application's tables are not changed."""
    with clear_errors():
        tables = run(postgres.uninstall(load_settings().dsn, force=force))
    if as_json:
        print_json(list(tables))
    else:
        typer.echo(f"no longer captured: {', '.join(tables) or 'nothing was captured'}")


@app.command(epilog="Examples: crossfade status; crossfade status --json | jq '.entities[].dirty'")
def status(*, as_json: AsJson = False) -> None:
    """Show captured tables, dirty and parked keys; the exit code is 3 when a trigger is missing.

    The first parked keys are shown with the reason. Running processes are shown with the stores
    whose breaker is open: after repeated failures they pause deliveries to that store.
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
        typer.echo("A trigger is missing or disabled: `crossfade install` restores it.", err=True)
        raise typer.Exit(3)


@app.command(epilog="Examples: crossfade unpark; crossfade unpark session --json")
def unpark(
    entity: Annotated[str, typer.Argument(help="Only this entity's keys.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Let the relay retry parked keys."""
    with clear_errors():
        dsn = load_settings().dsn
        known = [one.entity for one in run(postgres.status(dsn))]
        if entity and entity not in known:
            raise ConfigurationError(
                f"no entity {entity!r} is captured; use one of {', '.join(known)}"
            )
        count = run(postgres.unpark(dsn, entity=entity or None))
    if as_json:
        print_json({"unparked": count})
    else:
        typer.echo(f"{count} keys will be retried")


async def _processes_and_parked(
    dsn: str,
) -> tuple[tuple[ProcessNow, ...], tuple[ParkedKey, ...]]:
    async with postgres.open_pool(dsn) as pool:
        found = await overview(pool, ANSWER_SECONDS)
        return found.processes, await parked_page(pool, keys_max=PARKED_SHOWN_MAX)


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
        "alive" if process.is_alive else "silent",
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
