"""`crossfade relay`: deliver whatever is dirty."""

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
        bool, typer.Option("--until-clean", help="End when nothing is dirty any more.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Show metrics for Prometheus here; 0 takes a free port."
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="The address on which metrics are shown.")
    ] = "127.0.0.1",
    application: ApplicationOption = "",
) -> None:
    """Bring dirty keys to DynamoDB and S3 until told to stop (Ctrl-C or SIGTERM).

    Any number of relays may run at once; they share the keys. Stopping one, or killing it, loses
    nothing: what it had not acknowledged is still dirty. With --until-clean the exit code is 130
    when it was told to stop before that.
    """
    with clear_errors():
        settings = load_settings()
        configure_logs(settings.log_format)
        found = find_application(application)
        metrics = Metrics()
        with ExitStack() as stack:
            if metrics_port is not None:
                shown = exported(metrics.registry, metrics_host, metrics_port)
                typer.echo(f"metrics: {stack.enter_context(shown)}", err=True)
            observe = partial(report_to_all, (log_event, metrics.observe))
            is_done = run(_relay(settings, found, observe, until_clean=until_clean))
    if not is_done:
        typer.echo("crossfade: stopped before nothing was dirty; run it again", err=True)
        raise typer.Exit(INTERRUPTED)


async def _relay(
    settings: Settings, application: Application, observe: Observer, *, until_clean: bool
) -> bool:
    """Deliver until told to stop, or until nothing is dirty; whether it did what was asked for."""
    stop = stop_on_signals()
    async with open_migration(settings, application, observe) as migration:
        if not until_clean:
            await migration.run_relay(stop)
            return True
        with migration.heartbeat.running_job("relay"):
            return await _drain(migration, settings.dsn, stop)


async def _drain(migration: Migration, dsn: str, stop: asyncio.Event) -> bool:
    """Deliver until nothing is dirty but parked keys; False when it was told to stop before."""
    while not stop.is_set():
        if await migration.relay_step():
            continue
        if all(entity.dirty == entity.parked for entity in await postgres.status(dsn)):
            return True
        await sleep_unless(stop, CHECK_SECONDS)
    return False
