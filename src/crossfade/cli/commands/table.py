"""`crossfade table create|describe|delete`: the DynamoDB table."""

from __future__ import annotations

from typing import Annotated

import typer

from crossfade import dynamo
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.errors import ConfigurationError
from crossfade.runtime.resources import dynamo_config
from crossfade.settings import load_settings

app = typer.Typer(help="Create, describe and delete the DynamoDB table.", no_args_is_help=True)

INDEX_PARTS = 3


@app.command(
    epilog="Examples: crossfade table create; "
    "crossfade table create --kms-key alias/campaigns --ttl-attribute expiresAt; "
    "crossfade table create --index gsi1:gsi1pk:gsi1sk --index gsi2:gsi2pk:gsi2sk --json"
)
def create(
    *,
    index: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PK:SK", help="A global index; gsi1:gsi1pk:gsi1sk by default."),
    ] = None,
    pitr: Annotated[bool, typer.Option(help="Switch point-in-time recovery on.")] = True,
    deletion_protection: Annotated[
        bool, typer.Option(help="Switch deletion protection on.")
    ] = True,
    kms_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Encrypt with this KMS key.")
    ] = None,
    ttl_attribute: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Let items expire at the time in this attribute."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create the table named by DYNAMODB_TABLE_NAME, or protect the existing one.

    Billing is on demand. Running it again is harmless: protection settings are switched on, never
    off, and a table with other keys is refused. Features that a local engine lacks are noted.
    """
    with clear_errors():
        settings = load_settings()
        plan = dynamo.Plan(
            settings.dynamodb_table_name,
            indexes=tuple(map(_index, index)) if index else (dynamo.Index(),),
            point_in_time_recovery=pitr,
            deletion_protection=deletion_protection,
            kms_key_id=kms_key,
            ttl_attribute=ttl_attribute,
        )
        _print(run(dynamo.create_table(dynamo_config(settings), plan)), as_json=as_json)


@app.command(
    epilog="Examples: crossfade table describe; crossfade table describe --json | jq .status"
)
def describe(*, as_json: AsJson = False) -> None:
    """Show the table's keys, indexes and protection settings."""
    with clear_errors():
        settings = load_settings()
        name = settings.dynamodb_table_name
        _print(run(dynamo.describe_table(dynamo_config(settings), name)), as_json=as_json)


@app.command(
    epilog="Examples: crossfade table delete; crossfade table delete --force --yes-delete my-table"
)
def delete(
    *,
    confirm: Annotated[
        str,
        typer.Option(
            "--yes-delete", metavar="NAME", help="The table's name, to delete without a prompt."
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Switch deletion protection off first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete the table with all its items, once its name has been typed."""
    with clear_errors():
        settings = load_settings()
        name = settings.dynamodb_table_name
        typed = confirm or typer.prompt(f"Type the table's name ({name}) to delete it")
        if typed != name:
            raise ConfigurationError(f"the typed name is not {name}; nothing was deleted")
        run(dynamo.delete_table(dynamo_config(settings), name, force=force))
    if as_json:
        print_json({"deleted": name})
    else:
        typer.echo(f"deleted {name}")


def _index(text: str) -> dynamo.Index:
    parts = text.split(":")
    if len(parts) != INDEX_PARTS or not all(parts):
        raise ConfigurationError("--index: write it as NAME:PK:SK, for example gsi1:gsi1pk:gsi1sk")
    return dynamo.Index(*parts)


def _print(found: dynamo.Description, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    indexes = [f"{index.name} ({index.partition_key}, {index.sort_key})" for index in found.indexes]
    rows = [
        ("status", found.status),
        ("keys", ", ".join(found.keys)),
        ("indexes", ", ".join(indexes) or "none"),
        ("billing", found.billing),
        ("point-in-time recovery", _words(state=found.point_in_time_recovery)),
        ("deletion protection", _words(state=found.deletion_protection)),
        ("encryption", found.encryption),
        ("items expire at", found.ttl_attribute or "never"),
        ("items at the last count", str(found.items)),
    ]
    print_table(f"Table {found.name}", ("property", "state"), rows)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)


def _words(*, state: bool | None) -> str:
    if state is None:
        return "unknown to this engine"
    return "on" if state else "off"
