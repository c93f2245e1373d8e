"""`crossfade work`: carry out operators' requests from the dashboard."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import INTERRUPTED, clear_errors, run, stop_on_signals
from crossfade.jobs.loop import Pauses, forever
from crossfade.mapping.application import Application
from crossfade.runtime.operator import Worker, open_worker
from crossfade.settings import Settings, load_settings
from crossfade.telemetry import configure_logs, log_event

app = typer.Typer()


@app.command(epilog="Examples: crossfade work; crossfade work --until-done")
def work(
    *,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="Exit when no request is waiting.")
    ] = False,
    application: ApplicationOption = "",
) -> None:
    """Carry out operators' requests from the dashboard until stopped (Ctrl-C or SIGTERM).

    Verifies, repairs and reveals, one request at a time. Any number of workers may run at once. A
    stopped worker returns its request; the request of a killed one goes to another after 30 s. With
    --until-done the exit code is 130 if it was stopped before all requests were done.
    """
    with clear_errors():
        settings = load_settings()
        configure_logs(settings.log_format)
        is_done = run(_work(settings, find_application(application), until_done=until_done))
    if until_done and not is_done:
        typer.echo("crossfade: stopped before all requests were done; run it again", err=True)
        raise typer.Exit(INTERRUPTED)


async def _work(settings: Settings, application: Application, *, until_done: bool) -> bool:
    """Carry out requests. Return whether the work ended before a signal."""
    stop = stop_on_signals()
    async with open_worker(settings, application) as worker:
        working = asyncio.create_task(_until_done(worker) if until_done else _forever(worker, stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        is_done = working.done()
        stopping.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    return is_done


async def _until_done(worker: Worker) -> None:
    while await worker.step():
        pass


async def _forever(worker: Worker, stop: asyncio.Event) -> None:
    await forever("work", worker.step, stop, log_event, Pauses())
