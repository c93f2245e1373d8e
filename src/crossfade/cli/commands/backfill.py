"""`crossfade backfill`: copy the rows that existed before the capture."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import monotonic
from typing import Annotated

import msgspec
import typer

from crossfade.backfill import copy as flow
from crossfade.backfill.windows import Progress, Tally
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.backfill_progress import MEGABYTE, Figures, figures, read_progress, zero_figures
from crossfade.cli.console import (
    INTERRUPTED,
    AsJson,
    clear_errors,
    print_json,
    print_table,
    run,
    stop_on_signals,
    tune_gc,
)
from crossfade.cli.progress import showing
from crossfade.cli.skipped import INCOMPLETE, print_skipped, skipped_documents
from crossfade.errors import ConfigurationError, NoProgress
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
from crossfade.mapping.application import Application
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres import PostgresWindows
from crossfade.preflight.census import Census
from crossfade.preflight.dry_run import count_rows
from crossfade.runtime.backfill import BackfillOptions, open_backfill, open_windows, plan_backfill
from crossfade.runtime.migration import open_migration
from crossfade.settings import Settings, load_settings
from crossfade.telemetry import configure_logs

app = typer.Typer()

COLUMNS = ("entity", "rows", "written", "skipped", "marked", "parked", "MB", "throttles", "windows")


@app.command(
    epilog="Examples: crossfade backfill; crossfade backfill session --wcu 500; "
    "crossfade backfill --workers 4 --json; crossfade backfill --dry-run"
)
def backfill(
    entities: Annotated[
        list[str] | None, typer.Argument(help="Entities or tables; all unless given.")
    ] = None,
    *,
    wcu: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Write units a second at most; by default limited by throttling only."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes on this machine.")] = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Read at most this many rows; one process only.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and count only; write nothing.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Start again instead of resuming.")
    ] = False,
    as_json: AsJson = False,
    application: ApplicationOption = "",
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Copy the rows that existed before the capture, at a limited rate, while writes continue.

    It never overwrites a newer write and never restores a deleted row. After Ctrl-C or a crash, run
    it again: it resumes. Runs on several machines share the work. An entity whose table has changed
    is skipped; the exit code is then 3.
    """
    with clear_errors():
        if limit and workers > 1:
            raise ConfigurationError("--limit: works with one process only; omit --workers")
        settings = load_settings()
        configure_logs(settings.log_format)
        found = find_application(application)
        mappings = found.choose(entities or ())
        options = BackfillOptions(write_units=wcu, rows_max=limit, restart=restart)
        if dry_run:
            outcome = run(_dry_run(settings, mappings, limit))
        elif worker:
            print_json(run(_work(settings, found, mappings, options)))
            return
        else:
            outcome = run(_backfill(settings, found, mappings, options, workers))
    _print(outcome, as_json=as_json)
    if outcome.skipped:
        raise typer.Exit(INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of each entity, and the skipped entities."""

    figures: Sequence[Figures]
    skipped: Sequence[SkippedEntity]


async def _dry_run(
    settings: Settings, mappings: Sequence[Mapping], rows_max: int | None
) -> Outcome:
    """Count the items that a backfill would write."""
    result: list[Figures] = []
    skip_list = SkipList(lambda _: None)
    async with open_windows(settings, mappings) as windows:
        await skip_list.run(windows.check)
        for mapping in mappings:
            count = partial(_count, settings, windows, mapping, rows_max)
            result.append(await skip_list.run(count))
    return Outcome(result, skip_list.skipped)


async def _count(
    settings: Settings,
    windows: PostgresWindows,
    mapping: Mapping,
    rows_max: int | None,
    without: frozenset[str],
) -> Figures:
    """Count the items that a backfill of one entity would write; zero if it is skipped."""
    if mapping.name in without:
        return zero_figures(mapping.name)
    census = Census(Codec(mapping))
    known = await count_rows(
        windows, census, page_rows=settings.backfill_page_rows, rows_max=rows_max
    )
    tally = Tally(
        read=census.items + census.misfits + known,
        written=census.items,
        skipped=known,
        parked=census.misfits,
        written_bytes=census.item_bytes,
    )
    return figures(Progress(mapping.name, tally.read, 1, 1, 0, tally), 0, 0.0)


async def _backfill(
    settings: Settings,
    application: Application,
    mappings: Sequence[Mapping],
    options: BackfillOptions,
    workers: int,
) -> Outcome:
    """Plan the windows, copy them in this process or in child processes, and show the progress."""
    started = monotonic()
    async with open_windows(settings, mappings) as windows:
        skipped = {one.entity: one for one in await plan_backfill(windows, options)}
        before = {one.entity: one.tally.read for one in await windows.progress()}
        read = partial(read_progress, windows.progress, before, started)
        async with showing("backfilling", read):
            if workers == 1:
                reported = await _work(settings, application, mappings, options)
            else:
                reported = await _share(mappings, options, workers)
        skipped |= {one.entity: one for one in reported}
        await windows.check(skipped)
        seconds = monotonic() - started
        progress = {one.entity: one for one in await windows.progress()}
        result = [figures(one, before.get(name, 0), seconds) for name, one in progress.items()]
        result += [zero_figures(name) for name in sorted(skipped.keys() - progress.keys())]
    unfinished = {name for name, one in progress.items() if not one.is_done}
    if options.rows_max is None and unfinished - skipped.keys():
        raise typer.Exit(INTERRUPTED)
    done = progress.keys() - unfinished
    return Outcome(result, [one for one in skipped.values() if one.entity not in done])


async def _work(
    settings: Settings,
    application: Application,
    mappings: Sequence[Mapping],
    options: BackfillOptions,
) -> Sequence[SkippedEntity]:
    """Copy windows in this process until none is left or a signal arrives.

    Returns:
        The skipped entities.
    """
    tune_gc()
    stop = stop_on_signals()
    async with (
        open_migration(settings, application) as migration,
        open_windows(settings, mappings) as windows,
        open_backfill(settings, migration, windows, options, stop) as job,
    ):
        return await flow.run(job)


async def _share(
    mappings: Sequence[Mapping], options: BackfillOptions, workers: int
) -> Sequence[SkippedEntity]:
    """Run child processes that share the windows and the write units, and wait for them.

    Returns:
        The entities that any of them skipped.

    Raises:
        NoProgress: one of them failed; its own error output has the reason.
    """
    names = [mapping.name for mapping in mappings]
    budget = ["--wcu", str(options.write_units / workers)] if options.write_units else []
    command = (sys.executable, "-m", "crossfade.cli", "backfill", *names, *budget, "--worker")
    processes = [
        await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        for _ in range(workers)
    ]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, partial(_forward, processes, number))
    outputs = await asyncio.gather(*(process.communicate() for process in processes))
    if failed := sum(process.returncode != 0 for process in processes):
        raise NoProgress(
            f"{failed} of {workers} processes failed; run the backfill again, it resumes"
        )
    return [
        one
        for output, _ in outputs
        for one in msgspec.json.decode(output, type=list[SkippedEntity])
    ]


def _forward(processes: Sequence[asyncio.subprocess.Process], number: int) -> None:
    for process in processes:
        if process.returncode is None:
            process.send_signal(number)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        skipped = {one["entity"]: one for one in skipped_documents(outcome.skipped)}
        print_json([asdict(one) | {"left_out": skipped.get(one.entity)} for one in outcome.figures])
        return
    rows = [
        (
            one.entity,
            one.rows,
            one.written,
            one.skipped,
            one.marked,
            one.parked,
            round(one.bytes / MEGABYTE, 1),
            one.throttles,
            f"{one.windows_done} of {one.windows}",
        )
        for one in outcome.figures
    ]
    print_table("Backfill", COLUMNS, rows)
    print_skipped(outcome.skipped)
    if sum(one.parked for one in outcome.figures):
        typer.echo(
            "Parked rows cannot be stored as they are; the relay parks their keys with the reason"
        )
