"""`crossfade relay`: deliver whatever is dirty."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Annotated

import typer

from crossfade import postgres
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.shell import clear_errors, run
from crossfade.mapping.application import Application
from crossfade.migration import Migration, open_migration
from crossfade.settings import Settings, load
from crossfade.telemetry import configure_logs

app = typer.Typer()

LOOK_AGAIN_SECONDS = 0.1


@app.command(epilog="Examples: crossfade relay; crossfade relay --until-clean")
def relay(
    *,
    until_clean: Annotated[
        bool, typer.Option("--until-clean", help="End when nothing is dirty any more.")
    ] = False,
    application: ApplicationOption = "",
) -> None:
    """Bring dirty keys to DynamoDB and S3 until told to stop (Ctrl-C or SIGTERM).

    Any number of relays may run at once; they share the keys. Stopping one, or killing it, loses
    nothing: what it had not acknowledged is still dirty.
    """
    with clear_errors():
        settings = load()
        configure_logs(settings.log_format)
        run(_relay(settings, find_application(application), until_clean=until_clean))


async def _relay(settings: Settings, application: Application, *, until_clean: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_migration(settings, application) as migration:
        if until_clean:
            await _drain(migration, settings.dsn, stop)
        else:
            await migration.run_relay(stop)


async def _drain(migration: Migration, dsn: str, stop: asyncio.Event) -> None:
    """Deliver until nothing is dirty but parked keys."""
    while not stop.is_set():
        if await migration.relay_step():
            continue
        if all(entity.dirty == entity.parked for entity in await postgres.status(dsn)):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                await stop.wait()
