"""The `campaigns` command."""

from __future__ import annotations

import asyncio

import typer

from campaigns.database import migrate as migrate_database
from campaigns.errors import CampaignsError
from campaigns.settings import read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False)


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
