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
from campaigns.production import serve_site
from campaigns.serving import ServerAddresses, serve_all
from campaigns.settings import Settings, read_settings
from crossfade import CrossfadeError, load_settings
from crossfade import Settings as Stores
from crossfade.local import default_folder
from crossfade.telemetry import configure_logs
from crossfade.web.dashboard import Address

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


@app.callback()
def campaigns() -> None:
    """Campaigns, their sessions and transcripts."""


@app.command(epilog="Example: DATABASE_URL=postgresql://… campaigns migrate")
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
    port: Annotated[int, typer.Option(help="The site's port; 0 chooses a free one.")] = 8000,
    dashboard_port: Annotated[
        int, typer.Option(help="The dashboard's port; 0 chooses a free one.")
    ] = 8001,
) -> None:
    """Serve the application and its dashboard on this machine until Ctrl-C.

    Also runs the stores, the capture, a relay and continuous verification, and prints the
    environment variables with which other programs reach the stores. The data is kept. If engines
    already run on the folder, it uses them, and ends when they are stopped.
    """
    configure_logs("auto")
    try:
        ports = (Address(port=port), Address(port=dashboard_port))
        asyncio.run(_serve(data or default_folder(), *ports))
    except CrossfadeError as error:
        typer.echo(f"campaigns: {error}", err=True)
        raise typer.Exit(1) from None


@app.command(epilog="Examples: campaigns web --port 8080; campaigns web --alone")
def web(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 chooses a free one.")] = 8000,
    alone: Annotated[bool, typer.Option(help="Keep changes in PostgreSQL only.")] = False,
) -> None:
    """Serve the application on DATABASE_URL until Ctrl-C.

    Committed changes are delivered to the stores of Crossfade's settings, unless --alone is given.
    """
    configure_logs("auto")
    try:
        stores = None if alone else load_settings()
        asyncio.run(_serve_site(read_settings(), stores, Address(host, port)))
    except (CampaignsError, CrossfadeError) as error:
        typer.echo(f"campaigns: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve_site(settings: Settings, stores: Stores | None, at: Address) -> None:
    stop = _stop_on_signals()
    await serve_site(
        settings, stores, at, stop, lambda url: typer.echo(f"# The application: {url}", err=True)
    )


def _stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _serve(folder: Path, site_at: Address, dashboard_at: Address) -> None:
    await serve_all(folder, site_at, dashboard_at, _stop_on_signals(), _print_addresses)


def _print_addresses(addresses: ServerAddresses) -> None:
    for name, value in addresses.variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo(f"# The application: {addresses.site}", err=True)
    typer.echo(f"# The dashboard:   {addresses.dashboard}", err=True)
    typer.echo("# Press Ctrl-C to stop them.", err=True)
