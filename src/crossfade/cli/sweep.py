"""`crossfade sweep`: remove tombstones and objects that nobody needs any more."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.shell import AsJson, clear_errors, print_json, print_table, run
from crossfade.errors import ConfigurationError
from crossfade.flows import sweep as flow
from crossfade.flows.sweep import Swept
from crossfade.mapping.application import Application
from crossfade.mender import open_sweep
from crossfade.settings import Settings, load

app = typer.Typer()

UNITS = {"m": 60, "h": 3600, "d": 86400}
GRACE_SECONDS_MIN = 3600
SHOWN_MAX = 1000


@app.command(epilog="Examples: crossfade sweep --dry-run; crossfade sweep --grace 14d --json")
def sweep(
    *,
    grace: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="How long a thing must have been of no use, as 7d or 36h."
        ),
    ] = "7d",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and why; change nothing.")
    ] = False,
    application: ApplicationOption = "",
    as_json: AsJson = False,
) -> None:
    """Remove tombstones and objects that nobody has needed for the grace period.

    Run it daily: a sweep notes what it sees for the first time, and removes what an earlier one has
    noted long enough ago and is still so. Tombstones wait for older changes to arrive.
    """
    with clear_errors():
        seconds = grace_seconds(grace)
        found = find_application(application)
        things = run(_sweep(load(), found, seconds, dry_run=dry_run))
    if as_json:
        print_json([asdict(thing) for thing in things])
        return
    rows = [
        (thing.kind.value, thing.name, _days(thing.seen_seconds), thing.fate.value)
        for thing in things[:SHOWN_MAX]
    ]
    print_table("Sweep", ("kind", "name", "known for", "fate"), rows)
    for (kind, fate), count in sorted(Counter((one.kind, one.fate) for one in things).items()):
        typer.echo(f"{kind.value}: {count} {fate.value}")


def grace_seconds(text: str) -> float:
    """Return the seconds of a time such as ``7d``.

    Raises:
        ConfigurationError: it is malformed, or shorter than any delivery might take.
    """
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if found is None:
        raise ConfigurationError("--grace: write it as minutes, hours or days: 90m, 36h, 7d")
    seconds = int(found[1]) * UNITS[found[2]]
    if seconds < GRACE_SECONDS_MIN:
        raise ConfigurationError(
            "--grace: needs an hour or more; a delivery under way must not come after its sweep"
        )
    return seconds


async def _sweep(
    settings: Settings, application: Application, seconds: float, *, dry_run: bool
) -> list[Swept]:
    async with open_sweep(settings, application, seconds) as route:
        things = flow.preview(route) if dry_run else flow.sweep(route)
        return [thing async for thing in things]


def _days(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / UNITS['d']:.1f} days"
