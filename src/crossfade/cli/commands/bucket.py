"""`crossfade bucket create|describe|delete`: the S3 bucket for large columns."""

from __future__ import annotations

from typing import Annotated

import typer

from crossfade import s3
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.runtime.resources import s3_config
from crossfade.settings import load_settings

app = typer.Typer(
    help="Create, describe and delete the S3 bucket for large columns.", no_args_is_help=True
)


@app.command(
    epilog="Examples: crossfade bucket create; S3_SSE=aws:kms crossfade bucket create --json"
)
def create(*, as_json: AsJson = False) -> None:
    """Create the bucket named by S3_BUCKET_NAME, or protect the existing one.

    Public access is blocked, access control lists are off, versions are kept and objects are
    encrypted by default.
    """
    with clear_errors():
        _print(run(s3.create(s3_config(load_settings()))), as_json=as_json)


@app.command(
    epilog="Examples: crossfade bucket describe; crossfade bucket describe --json | jq .versioned"
)
def describe(*, as_json: AsJson = False) -> None:
    """Show the bucket's protection settings, and whether it is empty."""
    with clear_errors():
        _print(run(s3.describe(s3_config(load_settings()))), as_json=as_json)


@app.command(
    epilog="Examples: crossfade bucket delete; crossfade bucket delete --yes-delete my-bucket"
)
def delete(
    *,
    confirm: Annotated[
        str,
        typer.Option(
            "--yes-delete", metavar="NAME", help="The bucket's name, to delete without a prompt."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Delete the bucket if it holds no object and no object version."""
    with clear_errors():
        config = s3_config(load_settings())
        name = confirm or typer.prompt(f"Type the bucket's name ({config.bucket}) to delete it")
        run(s3.delete(config, confirmed_name=name))
    if as_json:
        print_json({"deleted": config.bucket})
    else:
        typer.echo(f"deleted {config.bucket}")


def _print(description: s3.Description, *, as_json: bool) -> None:
    if as_json:
        print_json(description)
        return
    settings = [
        ("versions kept", description.versioned),
        ("public access blocked", description.public_access_blocked),
        ("access control lists off", description.owner_enforced),
        ("default encryption", description.encryption),
        ("empty", description.empty),
    ]
    rows = [(name, "yes" if value is True else value or "no") for name, value in settings]
    print_table(f"Bucket {description.name}", ("setting", "state"), rows)
