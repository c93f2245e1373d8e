"""`crossfade repair`: repair the open findings of verification."""

from __future__ import annotations

import getpass
import socket
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
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
from crossfade.cli.progress import Bar, Reading, showing, speed
from crossfade.cli.skipped import INCOMPLETE, print_skipped, skipped_documents
from crossfade.errors import ConfigurationError
from crossfade.jobs.skipped import SkippedEntity
from crossfade.mapping.application import Application
from crossfade.postgres import PostgresRuns, open_pool
from crossfade.repair import repair as flow
from crossfade.repair.repair import CARRIED_OUT, Remedy, RepairStores, Result
from crossfade.runtime.repair import open_repair
from crossfade.settings import Settings, load_settings
from crossfade.telemetry import configure_logs

app = typer.Typer()

FINDINGS_PER_STEP = 50
FINDINGS_SHOWN_MAX = 1000
COLUMNS = ("finding", "key", "verdict", "objects", "action", "outcome")


class Outcome(StrEnum):
    """The outcome of a finding."""

    CLOSED = "closed"
    OPEN = "open"
    LEFT_OUT = "skipped: its table has changed"
    PLANNED = "not done: a dry run"


@dataclass(slots=True)
class RepairProgress:
    """The progress of a repair; it grows with each page.

    Attributes:
        total: findings that were open when it began.
        counts: findings by outcome.
        shown: the first of them.
        skipped: entities whose tables have changed, by name.
        is_cut: whether it was stopped before the last finding.
    """

    total: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)
    shown: list[tuple[Remedy, Outcome]] = field(default_factory=list)
    skipped: dict[str, SkippedEntity] = field(default_factory=dict)
    is_cut: bool = False
    started: float = field(default_factory=monotonic)

    def add(self, remedy: Remedy, outcome: Outcome, skipped: SkippedEntity | None = None) -> None:
        """Count the outcome of a finding, or that its entity was skipped."""
        if skipped is not None:
            self.skipped[skipped.entity] = skipped
            outcome = Outcome.LEFT_OUT
        self.counts[outcome] += 1
        if len(self.shown) < FINDINGS_SHOWN_MAX:
            self.shown.append((remedy, outcome))

    async def read(self) -> Reading:
        """Return the progress for people and machines."""
        done = self.counts.total()
        pace = speed(done, max(0, self.total - done), monotonic() - self.started)
        text = (
            f"{done:,} of {self.total:,} findings, {self.counts[Outcome.CLOSED]:,} closed, {pace}"
        )
        return Reading(
            [Bar("repair", done, self.total, text)],
            {
                "findings": done,
                "findings_total": self.total,
                "closed": self.counts[Outcome.CLOSED],
                "open": self.counts[Outcome.OPEN],
                "left_out": self.counts[Outcome.LEFT_OUT],
                "findings_per_second": pace.per_second,
                "eta_seconds": pace.eta_seconds,
            },
        )


@app.command(epilog="Examples: crossfade repair --dry-run; crossfade repair --run 7 --json")
def repair(
    *,
    run_id: Annotated[
        int | None, typer.Option("--run", metavar="N", help="Only findings last seen by this run.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
    application: ApplicationOption = "",
    as_json: AsJson = False,
) -> None:
    """Repair the open findings; the exit code is 3 when some of them stay open.

    Marks their keys with versions above those in the target and delivers them as the relay does,
    missing and damaged objects first. Then it compares both stores at these keys and closes the
    findings that are equal. Items that no mapping makes are listed and not changed; an entity whose
    table has changed is skipped. Safe at any time, beside writers, relays and other repairs. Ctrl-C
    ends it after the current page; another run continues with the open findings.
    """
    with clear_errors():
        settings = load_settings()
        configure_logs(settings.log_format)
        found = find_application(application)
        progress = run(_repair(settings, found, run_id, dry_run=dry_run))
    _print(progress, as_json=as_json)
    if progress.is_cut:
        raise typer.Exit(INTERRUPTED)
    if progress.counts[Outcome.OPEN] or progress.skipped:
        raise typer.Exit(INCOMPLETE)


async def _repair(
    settings: Settings, application: Application, run_id: int | None, *, dry_run: bool
) -> RepairProgress:
    stop = stop_on_signals()
    if run_id is not None:
        await _check_run(settings, run_id)
    who = f"repair by {getpass.getuser()} on {socket.gethostname()}"
    progress = RepairProgress()
    async with open_repair(settings, application, who) as stores:
        counts = await stores.findings.open_counts(list(stores.codecs), run=run_id)
        progress.total = sum(counts.values())
        async with showing("repairing", progress.read):
            after = 0
            while page := await flow.preview(
                stores, after=after, findings_max=FINDINGS_PER_STEP, run=run_id
            ):
                if stop.is_set():
                    progress.is_cut = True
                    break
                after = page[-1].finding.id
                await _repair_page(stores, progress, page, dry_run=dry_run)
    return progress


async def _check_run(settings: Settings, number: int) -> None:
    """Refuse a run that does not exist.

    Raises:
        ConfigurationError: no run has this number.
    """
    async with open_pool(settings.dsn) as pool:
        if await PostgresRuns(pool).find(number) is None:
            raise ConfigurationError(
                f"there is no run {number}; `crossfade verify` and `crossfade report` name them"
            )


async def _repair_page(
    stores: RepairStores, progress: RepairProgress, page: tuple[Remedy, ...], *, dry_run: bool
) -> None:
    if dry_run:
        for remedy in page:
            progress.add(remedy, Outcome.PLANNED, remedy.skipped)
        return
    for result in await flow.carry_out(stores, page):
        progress.add(result.remedy, _outcome(result), result.skipped)


def _outcome(result: Result) -> Outcome:
    return Outcome.CLOSED if result.is_closed else Outcome.OPEN


def _print(progress: RepairProgress, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "counts": {outcome.name.lower(): progress.counts[outcome] for outcome in Outcome},
                "left_out": skipped_documents(list(progress.skipped.values())),
                "findings": [_document(remedy, outcome) for remedy, outcome in progress.shown],
            }
        )
        return
    if not progress.total:
        typer.echo("No finding is open.")
        return
    print_table("Repair", COLUMNS, [_cells(remedy, outcome) for remedy, outcome in progress.shown])
    print_skipped(list(progress.skipped.values()))
    for outcome, count in sorted(progress.counts.items()):
        typer.echo(f"{count} {outcome.value}")


def _document(remedy: Remedy, outcome: Outcome) -> dict[str, Any]:
    comparison = remedy.finding.comparison
    return {
        "finding": remedy.finding.id,
        "key": str(comparison.key),
        "verdict": comparison.verdict.value,
        "fields": comparison.fields,
        "action": remedy.action.value,
        "version_above": remedy.above if remedy.action in CARRIED_OUT else None,
        "missing_objects": remedy.missing,
        "damaged_objects": remedy.damaged,
        "outcome": outcome.name.lower(),
    }


def _cells(remedy: Remedy, outcome: Outcome) -> tuple[object, ...]:
    comparison = remedy.finding.comparison
    objects = {"missing": len(remedy.missing), "damaged": len(remedy.damaged)}
    fields = ", ".join(comparison.fields)
    return (
        remedy.finding.id,
        str(comparison.key),
        comparison.verdict.value + (f": {fields}" if fields else ""),
        ", ".join(f"{count} {kind}" for kind, count in objects.items() if count),
        remedy.action.value,
        outcome.value,
    )
