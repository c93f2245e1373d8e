"""`crossfade repair`: bring together what verification found apart."""

from __future__ import annotations

import getpass
import socket
from typing import Annotated, Any

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.shell import AsJson, clear_errors, print_json, print_table, run
from crossfade.flows import repair as flow
from crossfade.flows.repair import Action, Remedy, Result
from crossfade.mapping.application import Application
from crossfade.mender import open_repair
from crossfade.settings import Settings, load
from crossfade.telemetry import configure_logs

app = typer.Typer()

FINDINGS_PER_STEP = 200
STILL_OPEN = 3
COLUMNS = ("finding", "key", "verdict", "objects", "action", "outcome")


@app.command(epilog="Examples: crossfade repair --dry-run; crossfade repair --run 7 --json")
def repair(
    *,
    run_id: Annotated[
        int | None, typer.Option("--run", metavar="N", help="Only what this run saw last.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
    ] = False,
    application: ApplicationOption = "",
    as_json: AsJson = False,
) -> None:
    """Repair the open findings; the exit code is 3 when some of them stay open.

    Marks their keys under versions above what stands in the target; the relay's own delivery writes
    them, missing and damaged objects first. Then both stores are compared at these keys, and what
    is equal is closed. Items that no mapping makes are listed and left alone. Safe at any time,
    beside writers, relays and other repairs.
    """
    with clear_errors():
        settings = load()
        configure_logs(settings.log_format)
        found = find_application(application)
        told = run(_repair(settings, found, run_id, dry_run=dry_run))
    if as_json:
        print_json(told)
    else:
        print_table("Repair", COLUMNS, [_cells(one) for one in told])
    if any(one["outcome"] == "open" for one in told):
        raise typer.Exit(STILL_OPEN)


async def _repair(
    settings: Settings, application: Application, run_id: int | None, *, dry_run: bool
) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    who = f"repair by {getpass.getuser()} on {socket.gethostname()}"
    async with open_repair(settings, application, who) as route:
        after = 0
        while page := await flow.preview(
            route, after=after, findings_max=FINDINGS_PER_STEP, run=run_id
        ):
            after = page[-1].finding.id
            if dry_run:
                told += [_told(remedy, "") for remedy in page]
            else:
                told += [_ended(result) for result in await flow.carry_out(route, page)]
    return told


def _ended(result: Result) -> dict[str, Any]:
    return _told(result.remedy, "closed" if result.is_closed else "open")


def _told(remedy: Remedy, outcome: str) -> dict[str, Any]:
    judgement = remedy.finding.judgement
    return {
        "finding": remedy.finding.id,
        "key": str(judgement.key),
        "verdict": judgement.verdict.value,
        "fields": judgement.fields,
        "action": remedy.action.value,
        "version_above": remedy.above if remedy.action is not Action.LEAVE else None,
        "missing_objects": remedy.missing,
        "damaged_objects": remedy.damaged,
        "outcome": outcome,
    }


def _cells(told: dict[str, Any]) -> tuple[object, ...]:
    objects = [
        f"{count} {kind}" for kind in ("missing", "damaged") if (count := _count(told, kind))
    ]
    fields = ", ".join(told["fields"])
    return (
        told["finding"],
        told["key"],
        told["verdict"] + (f": {fields}" if fields else ""),
        ", ".join(objects),
        told["action"],
        told["outcome"] or "not done: a dry run",
    )


def _count(told: dict[str, Any], kind: str) -> int:
    return len(told[f"{kind}_objects"])
