"""The `campaigns` command."""

from __future__ import annotations

import asyncio
import shlex
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from campaigns.database import migrate as migrate_database
from campaigns.embedded import NAME, open_stores, settings_of
from campaigns.errors import CampaignsError
from campaigns.mapping import APPLICATION
from campaigns.settings import read_settings
from crossfade import postgres
from crossfade.errors import CrossfadeError
from crossfade.local import Lifetime, default_folder
from crossfade.migration import open_migration
from crossfade.telemetry import configure_logs

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


@app.callback()
def campaigns() -> None:
    """Campaigns, their sessions and transcripts."""


@app.command()
def migrate() -> None:
    """Create the tables in DATABASE_URL, or bring them to the newest revision."""
    try:
        asyncio.run(migrate_database(read_settings().database_url))
    except CampaignsError as error:
        typer.echo(f"campaigns: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("The database is at the newest revision.")


@app.command(epilog="Examples: campaigns serve; campaigns serve --data ./engines")
def serve(
    *,
    data: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"The data folder, {default_folder()} unless given."),
    ] = None,
) -> None:
    """Run the application's stores, the capture and a relay on this machine until Ctrl-C.

    Prints the variables that lead other programs to the stores. The data stays for the next time.
    """
    configure_logs("auto")
    try:
        asyncio.run(_serve(data or default_folder()))
    except CrossfadeError as error:
        typer.echo(f"campaigns: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(open_stores(folder, lifetime=Lifetime.TIED))
        await postgres.install(engines.dsn, APPLICATION.mappings)
        migration = await stack.enter_async_context(
            open_migration(settings_of(engines), APPLICATION)
        )
        variables = engines.environment | {"DYNAMODB_TABLE_NAME": NAME, "S3_BUCKET_NAME": NAME}
        for name, value in variables.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
        typer.echo("# A relay is running; Ctrl-C stops it and the engines.", err=True)
        await migration.run_relay(stop)
