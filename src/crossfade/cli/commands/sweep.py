"""`crossfade sweep`: remove tombstones and objects that nobody needs any more."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Annotated

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import (
    INTERRUPTED,
    AsJson,
    clear_errors,
    print_json,
    print_table,
    run,
    stop_on_signals,
)
from crossfade.cli.progress import Bar, Reading, showing
from crossfade.errors import ConfigurationError
from crossfade.mapping.application import Application
from crossfade.repair import sweep as flow
from crossfade.repair.sweep import Batch, Candidate, Kind, SweepOutcome
from crossfade.runtime.repair import open_sweep
from crossfade.settings import Settings, load
from crossfade.telemetry import configure_logs

app = typer.Typer()

UNITS = {"m": 60, "h": 3600, "d": 86400}
GRACE_SECONDS_MIN = 3600
SHOWN_MAX = 1000


@dataclass(slots=True)
class Account:
    """How far a sweep has come; it grows with each batch.

    Attributes:
        looked: things looked at, by kind.
        fates: things that nobody needs, by kind and fate.
        shown: the first of them.
        is_cut: whether it was stopped before the last batch.
    """

    looked: Counter[Kind] = field(default_factory=Counter)
    fates: Counter[tuple[Kind, SweepOutcome]] = field(default_factory=Counter)
    shown: list[Candidate] = field(default_factory=list)
    is_cut: bool = False

    def take(self, batch: Batch) -> None:
        """Count what a batch came to."""
        self.looked[batch.kind] += batch.looked
        self.fates.update((one.kind, one.fate) for one in batch.remnants)
        self.shown += batch.remnants[: SHOWN_MAX - len(self.shown)]

    async def look(self) -> Reading:
        """Return it for people and machines."""
        bars = [Bar(f"{kind.value}s", self.looked[kind], None, self._told(kind)) for kind in Kind]
        counts = {
            f"{kind.value}s_{fate.name.lower()}": self.fates[kind, fate]
            for kind in Kind
            for fate in SweepOutcome
        }
        return Reading(bars, {f"{kind.value}s": self.looked[kind] for kind in Kind} | counts)

    def _told(self, kind: Kind) -> str:
        noted, removed = (
            self.fates[kind, SweepOutcome.NOTED],
            self.fates[kind, SweepOutcome.REMOVED],
        )
        return f"{self.looked[kind]:,} looked at, {noted:,} noted, {removed:,} removed"


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
    noted long enough ago and is still so. Tombstones wait for older changes to arrive. Ctrl-C ends
    it after the batch under way; what it has noted stays noted.
    """
    with clear_errors():
        seconds = grace_seconds(grace)
        settings = load()
        configure_logs(settings.log_format)
        found = find_application(application)
        account = run(_sweep(settings, found, seconds, dry_run=dry_run))
    _print(account, as_json=as_json)
    if account.is_cut:
        raise typer.Exit(INTERRUPTED)


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
) -> Account:
    stop = stop_on_signals()
    account = Account()
    async with open_sweep(settings, application, seconds) as route:
        batches = flow.preview(route) if dry_run else flow.sweep(route)
        async with showing("sweeping", account.look), aclosing(batches):
            async for batch in batches:
                account.take(batch)
                if stop.is_set():
                    account.is_cut = True
                    break
    return account


def _print(account: Account, *, as_json: bool) -> None:
    counts = sorted(account.fates.items())
    if as_json:
        print_json(
            {
                "looked": {kind.value: account.looked[kind] for kind in Kind},
                "counts": [
                    {"kind": kind.value, "fate": fate.value, "count": count}
                    for (kind, fate), count in counts
                ],
                "remnants": [asdict(one) for one in account.shown],
            }
        )
        return
    rows = [
        (one.kind.value, one.name, _days(one.seen_seconds), one.fate.value) for one in account.shown
    ]
    print_table("Sweep", ("kind", "name", "known for", "fate"), rows)
    for (kind, fate), count in counts:
        typer.echo(f"{kind.value}: {count} {fate.value}")


def _days(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / UNITS['d']:.1f} days"
