"""The `crossfade` command."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from crossfade.cli.commands import (
    backfill,
    bucket,
    corrupt,
    demo,
    entities,
    explain,
    gates,
    ledger,
    local,
    preflight,
    relay,
    repair,
    report,
    serve,
    sweep,
    table,
    verify,
    work,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def _print_version(is_asked: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if is_asked:
        typer.echo(f"crossfade {version('crossfade')}")
        raise typer.Exit


@app.callback()
def crossfade(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Move a live PostgreSQL application to DynamoDB and S3, and prove nothing was lost."""


for commands in (
    backfill.app,
    corrupt.app,
    demo.app,
    explain.app,
    gates.app,
    ledger.app,
    preflight.app,
    relay.app,
    repair.app,
    report.app,
    serve.app,
    sweep.app,
    verify.app,
    work.app,
    entities.app,
):
    app.add_typer(commands)
app.add_typer(local.app, name="local")
app.add_typer(table.app, name="table")
app.add_typer(bucket.app, name="bucket")
