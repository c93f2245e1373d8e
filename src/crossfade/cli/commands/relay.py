"""`crossfade relay`: deliver dirty keys."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import Annotated

import typer

from crossfade import postgres
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import INTERRUPTED, clear_errors, run, stop_on_signals
from crossfade.jobs.tasks import sleep_unless
from crossfade.mapping.application import Application
from crossfade.ports import Observer
from crossfade.runtime.heartbeat import report_to_all
from crossfade.runtime.migration import Migration, open_migration
from crossfade.settings import Settings, load_settings
from crossfade.telemetry import Metrics, configure_logs, exported, log_event

app = typer.Typer()

CHECK_SECONDS = 0.1


@app.command(epilog="Examples: crossfade relay --until-clean; crossfade relay --metrics-port 9400")
def relay(
    *,
    until_clean: Annotated[
        bool, typer.Option("--until-clean", help="Exit when no key is dirty except parked ones.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Serve Prometheus metrics on this port; 0 selects a free one."
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="The address to serve metrics on.")
    ] = "127.0.0.1",
    application: ApplicationOption = "",
) -> None:
    """Deliver dirty keys to DynamoDB and S3 until stopped (Ctrl-C or SIGTERM).

    Any number of relays may run at once; they share the keys. Stopping or killing one loses
    nothing: keys that it had not acknowledged are still dirty. With --until-clean the exit code is
    130 if it was stopped before all keys were delivered.
    """
    with clear_errors():
        settings = load_settings()
        configure_logs(settings.log_format)
        found = find_application(application)
        metrics = Metrics()
        with ExitStack() as stack:
            if metrics_port is not None:
                server = exported(metrics.registry, metrics_host, metrics_port)
                typer.echo(f"metrics: {stack.enter_context(server)}", err=True)
            observe = partial(report_to_all, (log_event, metrics.observe))
            is_done = run(_relay(settings, found, observe, until_clean=until_clean))
    if not is_done:
        typer.echo("crossfade: stopped before all keys were delivered; run it again", err=True)
        raise typer.Exit(INTERRUPTED)


async def _relay(
    settings: Settings, application: Application, observe: Observer, *, until_clean: bool
) -> bool:
    """Deliver until stopped, or until no key is dirty. Return False if stopped too early."""
    stop = stop_on_signals()
    async with open_migration(settings, application, observe) as migration:
        if not until_clean:
            await migration.run_relay(stop)
            return True
        with migration.heartbeat.running_job("relay"):
            return await _drain(migration, settings.dsn, stop)


async def _drain(migration: Migration, dsn: str, stop: asyncio.Event) -> bool:
    """Deliver until every key is clean or parked. Return False if stopped before."""
    while not stop.is_set():
        if await migration.relay_step():
            continue
        if all(entity.dirty == entity.parked for entity in await postgres.status(dsn)):
            return True
        await sleep_unless(stop, CHECK_SECONDS)
    return False
