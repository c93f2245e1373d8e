"""`crossfade serve`: the dashboard."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Annotated

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import clear_errors, run
from crossfade.errors import ConfigurationError
from crossfade.settings import load_settings
from crossfade.telemetry import configure_logs

app = typer.Typer()


@app.command(epilog="Examples: crossfade serve; crossfade serve --host 0.0.0.0 --port 8080")
def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 selects a free one.")
    ] = 8400,
    application: ApplicationOption = "",
) -> None:
    """Serve the dashboard of the migration until stopped (Ctrl-C or SIGTERM).

    It reads the ledger's schema, never the stores. Operators sign in with CROSSFADE_OPERATOR_TOKEN;
    without a token it can be reached from this machine only.
    """
    with clear_errors():
        web = _web()
        settings = load_settings()
        configure_logs(settings.log_format)
        address = web.Address(host, port)
        found = find_application(application)
        run(web.serve_dashboard(settings, found, address, _print_url))


def _web() -> ModuleType:
    """Return the dashboard's package, whose dependencies are an optional extra."""
    try:
        return import_module("crossfade.web.dashboard")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the dashboard needs {error.name}, which is not installed: "
            "pip install 'crossfade[web]'"
        ) from None


def _print_url(url: str) -> None:
    typer.echo(f"dashboard: {url}  (Ctrl-C ends it)")
