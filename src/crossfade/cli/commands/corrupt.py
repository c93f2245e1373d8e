"""`crossfade corrupt`: damage a staging system on purpose, to test verification and repair."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import botocore.session
import psycopg
import typer
from botocore.exceptions import BotoCoreError, ClientError

from crossfade import dynamo
from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.errors import ConfigurationError, Unavailable
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.runtime.resources import dynamo_config
from crossfade.settings import Settings, load_settings
from crossfade.testing.audit import Stores
from crossfade.testing.corruption.corruption import Corruption, Injected
from crossfade.testing.corruption.corruption import corrupt as inject

app = typer.Typer()


@app.command(
    epilog="Examples: crossfade corrupt --not-production staging --seed 7; "
    "crossfade corrupt --not-production staging --class lost-item --class list-order --count 3"
)
def corrupt(
    *,
    not_production: Annotated[
        str,
        typer.Option(
            "--not-production",
            metavar="TABLE",
            help="The configured table's name, to confirm that its data is expendable.",
        ),
    ],
    classes: Annotated[
        list[Corruption] | None,
        typer.Option("--class", help="A class of damage; every class by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed does the same damage.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=1000, help="Number of damages of each class.")
    ] = 1,
    application: ApplicationOption = "",
    as_json: AsJson = False,
) -> None:
    """Damage items, objects and rows of a staging system, bypassing the application and the relay.

    Refuses a table with deletion protection, as production tables have. Nothing else may write
    meanwhile. `crossfade verify` then finds each damage, and `crossfade repair` repairs it.
    """
    with clear_errors():
        settings = load_settings()
        mappings = find_application(application).mappings
        _refuse_production(settings, not_production)
        done = _inject(settings, mappings, classes or list(Corruption), seed, count)
    if as_json:
        print_json([asdict(one) for one in done])
    else:
        rows = [(one.corruption, one.entity, ", ".join(map(str, one.keys))) for one in done]
        print_table("Corrupted", ("class", "entity", "keys"), rows)
    missing = sorted(set(classes or Corruption) - {one.corruption for one in done})
    if missing:
        typer.echo(f"nothing to damage was found for: {', '.join(missing)}", err=True)


def _refuse_production(settings: Settings, not_production: str) -> None:
    name = settings.dynamodb_table_name
    if not_production != name:
        raise ConfigurationError(
            f"--not-production: does not name the table of DYNAMODB_TABLE_NAME, {name}; "
            "nothing was changed"
        )
    if run(dynamo.describe_table(dynamo_config(settings), name)).deletion_protection:
        raise ConfigurationError(
            f"{name}: has deletion protection, so it may be in production; nothing was changed"
        )


def _inject(
    settings: Settings,
    mappings: tuple[Mapping, ...],
    classes: list[Corruption],
    seed: int,
    count: int,
) -> tuple[Injected, ...]:
    try:
        return inject(_stores(settings), mappings, classes, seed=seed, count=count)
    except (BotoCoreError, ClientError, psycopg.Error) as error:
        raise Unavailable(
            f"{type(error).__name__}: a store refused; some damage may have been done"
        ) from None


def _stores(settings: Settings) -> Stores:
    """Return botocore's clients, which share no code with Crossfade's."""
    session = botocore.session.get_session()
    region = settings.aws_region
    return Stores(
        dsn=settings.dsn,
        dynamodb=session.create_client(
            "dynamodb", region, endpoint_url=settings.aws_endpoint_url_dynamodb
        ),
        table_name=settings.dynamodb_table_name,
        s3=session.create_client("s3", region, endpoint_url=settings.aws_endpoint_url_s3),
        bucket=settings.s3_bucket_name,
    )
