"""`crossfade sweep`: remove unused tombstones and objects."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

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
from crossfade.settings import Settings, load_settings
from crossfade.telemetry import configure_logs

app = typer.Typer()

UNITS = {"m": 60, "h": 3600, "d": 86400}
GRACE_SECONDS_MIN = 3600
SHOWN_MAX = 1000


@dataclass(slots=True)
class SweepProgress:
    """The progress of a sweep; it grows with each batch.

    Attributes:
        checked: tombstones and objects checked, by kind.
        outcomes: unused ones, by kind and outcome.
        shown: the first unused ones.
        is_cut: whether it was stopped before the last batch.
    """

    checked: Counter[Kind] = field(default_factory=Counter)
    outcomes: Counter[tuple[Kind, SweepOutcome]] = field(default_factory=Counter)
    shown: list[Candidate] = field(default_factory=list)
    is_cut: bool = False

    def add(self, batch: Batch) -> None:
        """Count the result of a batch."""
        self.checked[batch.kind] += batch.checked
        self.outcomes.update((one.kind, one.outcome) for one in batch.candidates)
        self.shown += batch.candidates[: SHOWN_MAX - len(self.shown)]

    async def read(self) -> Reading:
        """Return the progress for people and machines."""
        bars = [Bar(f"{kind.value}s", self.checked[kind], None, self._text(kind)) for kind in Kind]
        counts = {
            f"{kind.value}s_{outcome.name.lower()}": self.outcomes[kind, outcome]
            for kind in Kind
            for outcome in SweepOutcome
        }
        return Reading(bars, {f"{kind.value}s": self.checked[kind] for kind in Kind} | counts)

    def _text(self, kind: Kind) -> str:
        noted, removed = (
            self.outcomes[kind, SweepOutcome.NOTED],
            self.outcomes[kind, SweepOutcome.REMOVED],
        )
        return f"{self.checked[kind]:,} checked, {noted:,} noted, {removed:,} removed"


@app.command(epilog="Examples: crossfade sweep --dry-run; crossfade sweep --grace 14d --json")
def sweep(
    *,
    grace: Annotated[
        str,
        typer.Option(metavar="TIME", help="The time unused before removal, for example 7d or 36h."),
    ] = "7d",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed, and why; change nothing.")
    ] = False,
    application: ApplicationOption = "",
    as_json: AsJson = False,
) -> None:
    """Remove tombstones and objects that have been unused for the grace period.

    Run it daily: a sweep notes unused ones when it first sees them, and removes those that an
    earlier sweep noted before the grace period and that are still unused. Tombstones are kept until
    older changes are delivered. Ctrl-C ends it after the current batch; its notes are kept.
    """
    with clear_errors():
        seconds = grace_seconds(grace)
        settings = load_settings()
        configure_logs(settings.log_format)
        found = find_application(application)
        progress = run(_sweep(settings, found, seconds, dry_run=dry_run))
    _print(progress, as_json=as_json)
    if progress.is_cut:
        raise typer.Exit(INTERRUPTED)


def grace_seconds(text: str) -> float:
    """Return the seconds of a time such as ``7d``.

    Raises:
        ConfigurationError: the text is malformed, or the time is shorter than a delivery may take.
    """
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if found is None:
        raise ConfigurationError("--grace: write it as minutes, hours or days: 90m, 36h, 7d")
    seconds = int(found[1]) * UNITS[found[2]]
    if seconds < GRACE_SECONDS_MIN:
        raise ConfigurationError(
            "--grace: needs an hour or more; a delivery must not end after the removal"
        )
    return seconds


async def _sweep(
    settings: Settings, application: Application, seconds: float, *, dry_run: bool
) -> SweepProgress:
    stop = stop_on_signals()
    progress = SweepProgress()
    async with open_sweep(settings, application, seconds) as stores:
        batches = flow.preview(stores) if dry_run else flow.sweep(stores)
        async with showing("sweeping", progress.read), aclosing(batches):
            async for batch in batches:
                progress.add(batch)
                if stop.is_set():
                    progress.is_cut = True
                    break
    return progress


def _print(progress: SweepProgress, *, as_json: bool) -> None:
    counts = sorted(progress.outcomes.items())
    if as_json:
        print_json(
            {
                "looked": {kind.value: progress.checked[kind] for kind in Kind},
                "counts": [
                    {"kind": kind.value, "fate": outcome.value, "count": count}
                    for (kind, outcome), count in counts
                ],
                "remnants": [_document(one) for one in progress.shown],
            }
        )
        return
    rows = [
        (one.kind.value, one.name, _days(one.seen_seconds), one.outcome.value)
        for one in progress.shown
    ]
    print_table("Sweep", ("kind", "name", "known for", "outcome"), rows)
    for (kind, outcome), count in counts:
        typer.echo(f"{kind.value}: {count} {outcome.value}")


def _document(candidate: Candidate) -> dict[str, Any]:
    fields = asdict(candidate)
    return fields | {"fate": fields.pop("outcome")}


def _days(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / UNITS['d']:.1f} days"
