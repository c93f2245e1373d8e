"""The `campaigns` command."""

from __future__ import annotations

import asyncio
import shlex
import signal
from pathlib import Path
from typing import Annotated

import typer

from campaigns.database import migrate as migrate_database
from campaigns.errors import CampaignsError
from campaigns.serving import Served, serve_all
from campaigns.settings import read_settings
from crossfade.errors import CrossfadeError
from crossfade.local import default_folder
from crossfade.telemetry import configure_logs
from crossfade.web import Address

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


@app.command(epilog="Examples: campaigns serve; campaigns serve --data ./engines --port 8080")
def serve(
    *,
    data: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"The data folder, {default_folder()} unless given."),
    ] = None,
    port: Annotated[int, typer.Option(help="The site's port; 0 takes a free one.")] = 8000,
    dashboard_port: Annotated[int, typer.Option(help="The dashboard's port; 0 likewise.")] = 8001,
) -> None:
    """Serve the application and its dashboard on this machine until Ctrl-C.

    Runs the stores, the capture, a relay and continuous verification too, and prints the variables
    that lead other programs to the stores. The data stays for the next time. Where engines run on
    the folder already, it joins them and ends with them.
    """
    configure_logs("auto")
    try:
        ports = (Address(port=port), Address(port=dashboard_port))
        asyncio.run(_serve(data or default_folder(), *ports))
    except CrossfadeError as error:
        typer.echo(f"campaigns: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(folder: Path, site_at: Address, dashboard_at: Address) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve_all(folder, site_at, dashboard_at, stop, _tell)


def _tell(served: Served) -> None:
    for name, value in served.variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo(f"# The application: {served.site}", err=True)
    typer.echo(f"# The dashboard:   {served.dashboard}", err=True)
    typer.echo("# Ctrl-C stops them.", err=True)
