"""`crossfade backfill`: copy the rows that existed before the capture."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from time import monotonic
from typing import Annotated

import typer

from crossfade.backfiller import (
    BackfillOptions,
    open_backfill,
    open_windows,
    plan_backfill,
)
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.backfill_progress import MEGABYTE, Figures, figures, read_progress
from crossfade.cli.progress import showing
from crossfade.cli.shell import (
    INTERRUPTED,
    AsJson,
    clear_errors,
    print_json,
    print_table,
    run,
    stop_on_signals,
)
from crossfade.errors import ConfigurationError, NoProgress
from crossfade.flows import backfill as flow
from crossfade.flows.rehearse import rehearse
from crossfade.mapping.application import Application
from crossfade.mapping.census import Census
from crossfade.mapping.codec import Codec
from crossfade.mapping.declare import Mapping
from crossfade.mapping.windows import Progress as Standing
from crossfade.mapping.windows import Tally
from crossfade.migration import open_migration
from crossfade.settings import Settings, load
from crossfade.telemetry import configure_logs

app = typer.Typer()

COLUMNS = ("entity", "rows", "written", "skipped", "marked", "parked", "MB", "throttles", "windows")

COLLECT_AFTER_OBJECTS = 50_000


@app.command(
    epilog="Examples: crossfade backfill; crossfade backfill session --wcu 500; "
    "crossfade backfill --workers 4 --json; crossfade backfill --dry-run"
)
def backfill(  # noqa: PLR0913 - one parameter an option
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
    the work.
    """
    with clear_errors():
        if limit and workers > 1:
            raise ConfigurationError("--limit: for one process; leave --workers out")
        settings = load()
        configure_logs(settings.log_format)
        found = find_application(application)
        mappings = found.choose(entities or ())
        options = BackfillOptions(write_units=wcu, rows_max=limit, restart=restart)
        if dry_run:
            result = run(_rehearse(settings, mappings, limit))
        elif worker:
            run(_work(settings, found, mappings, options))
            return
        else:
            result = run(_backfill(settings, found, mappings, options, workers))
    _print(result, as_json=as_json)


async def _rehearse(
    settings: Settings, mappings: Sequence[Mapping], rows_max: int | None
) -> list[Figures]:
    """Count what a backfill would write."""
    result = []
    async with open_windows(settings, mappings) as windows:
        await windows.check()
        for mapping in mappings:
            census = Census(Codec(mapping))
            known = await rehearse(
                windows, census, page_rows=settings.backfill_page_rows, rows_max=rows_max
            )
            tally = Tally(
                read=census.items + census.misfits + known,
                written=census.items,
                skipped=known,
                parked=census.misfits,
                written_bytes=census.item_bytes,
            )
            result.append(figures(Standing(mapping.name, tally.read, 1, 1, 0, tally), 0, 0.0))
    return result


async def _backfill(
    settings: Settings,
    application: Application,
    mappings: Sequence[Mapping],
    options: BackfillOptions,
    workers: int,
) -> list[Figures]:
    """Plan, work or let others work, and show how far it has come."""
    started = monotonic()
    async with open_windows(settings, mappings) as windows:
        await plan_backfill(windows, options)
        before = {one.entity: one.tally.read for one in await windows.progress()}
        look = partial(read_progress, windows.progress, before, started)
        async with showing("backfilling", look):
            if workers == 1:
                await _work(settings, application, mappings, options)
            else:
                await _share(mappings, options, workers)
        await windows.check()
        seconds = monotonic() - started
        standings = await windows.progress()
        result = [figures(one, before.get(one.entity, 0), seconds) for one in standings]
    if options.rows_max is None and not all(one.is_done for one in standings):
        raise typer.Exit(INTERRUPTED)
    return result


async def _work(
    settings: Settings,
    application: Application,
    mappings: Sequence[Mapping],
    options: BackfillOptions,
) -> None:
    """Work in this process until all is done, or until told to end."""
    spare_the_collector()
    stop = stop_on_signals()
    async with (
        open_migration(settings, application) as migration,
        open_windows(settings, mappings) as windows,
        open_backfill(settings, migration, windows, options, stop) as desk,
    ):
        await flow.run(desk)


def spare_the_collector() -> None:
    """Look for cycles among garbage more rarely: rows and items have none, and are very many."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)


async def _share(mappings: Sequence[Mapping], options: BackfillOptions, workers: int) -> None:
    """Let processes of this machine share the work, and wait for them; they share the budget too.

    Raises:
        NoProgress: one of them failed; it said why.
    """
    names = [mapping.name for mapping in mappings]
    budget = ["--wcu", str(options.write_units / workers)] if options.write_units else []
    command = (sys.executable, "-m", "crossfade.cli", "backfill", *names, *budget, "--worker")
    processes = [await asyncio.create_subprocess_exec(*command) for _ in range(workers)]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, partial(_end, processes, number))
    codes = await asyncio.gather(*(process.wait() for process in processes))
    if any(codes):
        raise NoProgress(
            f"{sum(map(bool, codes))} of {workers} processes failed; run the backfill again, "
            "it goes on from there"
        )


def _end(processes: Sequence[asyncio.subprocess.Process], number: int) -> None:
    for process in processes:
        if process.returncode is None:
            process.send_signal(number)


def _print(result: Sequence[Figures], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in result])
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
        for one in result
    ]
    print_table("Backfill", COLUMNS, rows)
    if sum(one.parked for one in result):
        typer.echo("Parked rows cannot be stored as they are: the relay parks them with the reason")
