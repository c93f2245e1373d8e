"""`crossfade report`: the state of the migration, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crossfade.cli.console import AsJson, clear_errors, print_json, run, write_bytes
from crossfade.cli.report_page import page
from crossfade.postgres.monitoring.history import history
from crossfade.settings import load_settings

app = typer.Typer()


@app.command(
    epilog="Examples: crossfade report; crossfade report --out parity.html; crossfade report --json"
)
def report(
    *,
    out: Annotated[
        Path, typer.Option("--out", dir_okay=False, help="Where the page is written.")
    ] = Path("crossfade-report.html"),
    as_json: AsJson = False,
) -> None:
    """Write an HTML page of parity over time, coverage, lag, findings and the slowest keys.

    It reads the ledger's schema only, neither the table nor the bucket. The page names keys and
    attributes, never values, and needs no network to be displayed. With --json the same facts are
    printed instead of written.
    """
    with clear_errors():
        found = run(history(load_settings().dsn))
        if as_json:
            print_json(found)
            return
        write_bytes(out, page(found).encode())
    typer.echo(f"report: {out.resolve()}")
