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
from crossfade.backfill.windows import Progress as Standing
from crossfade.backfill.windows import Tally
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.backfill_progress import MEGABYTE, Figures, figures, nothing_of, read_progress
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
from crossfade.cli.skipped import NOT_ALL, print_left_out, told_left_out
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

COLLECT_AFTER_OBJECTS = 50_000


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
        typer.Option(min=0.01, help="Write units a second at most; found by trying unless given."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes on this machine.")] = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Look at so many rows only, in one process.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and count, write nothing at all.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew instead of going on.")
    ] = False,
    as_json: AsJson = False,
    application: ApplicationOption = "",
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Copy the rows that existed before the capture, paced, while writes go on.

    It never overwrites a newer write and never brings a deleted row back. Stopped at any point, by
    Ctrl-C or by the end of its machine, it goes on when run again; on several machines, it shares
    the work. An entity whose table has changed is left out; the exit code is 3 then.
    """
    with clear_errors():
        if limit and workers > 1:
            raise ConfigurationError("--limit: for one process; leave --workers out")
        settings = load_settings()
        configure_logs(settings.log_format)
        found = find_application(application)
        mappings = found.choose(entities or ())
        options = BackfillOptions(write_units=wcu, rows_max=limit, restart=restart)
        if dry_run:
            outcome = run(_rehearse(settings, mappings, limit))
        elif worker:
            print_json(run(_work(settings, found, mappings, options)))
            return
        else:
            outcome = run(_backfill(settings, found, mappings, options, workers))
    _print(outcome, as_json=as_json)
    if outcome.left_out:
        raise typer.Exit(NOT_ALL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far each entity has come, and which ones were left out."""

    figures: Sequence[Figures]
    left_out: Sequence[SkippedEntity]


async def _rehearse(
    settings: Settings, mappings: Sequence[Mapping], rows_max: int | None
) -> Outcome:
    """Count what a backfill would write."""
    result: list[Figures] = []
    altered = SkipList(lambda _: None)
    async with open_windows(settings, mappings) as windows:
        await altered.run(windows.check)
        for mapping in mappings:
            count = partial(_count, settings, windows, mapping, rows_max)
            result.append(await altered.run(count))
    return Outcome(result, altered.skipped)


async def _count(
    settings: Settings,
    windows: PostgresWindows,
    mapping: Mapping,
    rows_max: int | None,
    without: frozenset[str],
) -> Figures:
    """Count what a backfill of one entity would write; nothing when it is left out."""
    if mapping.name in without:
        return nothing_of(mapping.name)
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
    return figures(Standing(mapping.name, tally.read, 1, 1, 0, tally), 0, 0.0)


async def _backfill(
    settings: Settings,
    application: Application,
    mappings: Sequence[Mapping],
    options: BackfillOptions,
    workers: int,
) -> Outcome:
    """Plan, work or let others work, and show how far it has come."""
    started = monotonic()
    async with open_windows(settings, mappings) as windows:
        left_out = {one.entity: one for one in await plan_backfill(windows, options)}
        before = {one.entity: one.tally.read for one in await windows.progress()}
        look = partial(read_progress, windows.progress, before, started)
        async with showing("backfilling", look):
            if workers == 1:
                told = await _work(settings, application, mappings, options)
            else:
                told = await _share(mappings, options, workers)
        left_out |= {one.entity: one for one in told}
        await windows.check(left_out)
        seconds = monotonic() - started
        standings = {one.entity: one for one in await windows.progress()}
        result = [figures(one, before.get(name, 0), seconds) for name, one in standings.items()]
        result += [nothing_of(name) for name in sorted(left_out.keys() - standings.keys())]
    unfinished = {name for name, one in standings.items() if not one.is_done}
    if options.rows_max is None and unfinished - left_out.keys():
        raise typer.Exit(INTERRUPTED)
    done = standings.keys() - unfinished
    return Outcome(result, [one for one in left_out.values() if one.entity not in done])


async def _work(
    settings: Settings,
    application: Application,
    mappings: Sequence[Mapping],
    options: BackfillOptions,
) -> Sequence[SkippedEntity]:
    """Work in this process until all is done, or until told to end; what was left out."""
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
    """Let processes of this machine share the work, and wait for them; they share the budget too.

    Returns:
        What any of them left out.

    Raises:
        NoProgress: one of them failed; it said why.
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
        loop.add_signal_handler(number, partial(_end, processes, number))
    answers = await asyncio.gather(*(process.communicate() for process in processes))
    if failed := sum(process.returncode != 0 for process in processes):
        raise NoProgress(
            f"{failed} of {workers} processes failed; run the backfill again, it goes on from there"
        )
    return [
        one for said, _ in answers for one in msgspec.json.decode(said, type=list[SkippedEntity])
    ]


def _end(processes: Sequence[asyncio.subprocess.Process], number: int) -> None:
    for process in processes:
        if process.returncode is None:
            process.send_signal(number)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        told = {one["entity"]: one for one in told_left_out(outcome.left_out)}
        print_json([asdict(one) | {"left_out": told.get(one.entity)} for one in outcome.figures])
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
    print_left_out(outcome.left_out)
    if sum(one.parked for one in outcome.figures):
        typer.echo("Parked rows cannot be stored as they are: the relay parks them with the reason")
