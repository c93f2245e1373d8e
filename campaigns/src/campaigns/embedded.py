"""The application's stores on this machine: engines, tables and bucket."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from campaigns.database import migrate
from crossfade import Settings, dynamo, s3
from crossfade.local import Lifetime, LocalServices, local_services
from crossfade.runtime.resources import dynamo_config, s3_config

NAME = "campaigns"
"""The name of the table and of the bucket."""


@asynccontextmanager
async def open_stores(folder: Path, *, lifetime: Lifetime) -> AsyncIterator[LocalServices]:
    """Start the engines and create the tables and the bucket; idempotent.

    Sets the engines' AWS credentials in the environment of this process.

    Args:
        folder: the data folder.
        lifetime: whether the engines outlive the block.
    """
    async with local_services(folder, lifetime=lifetime) as engines:
        os.environ.update(engines.environment)
        settings = settings_of(engines)
        await migrate(engines.dsn)
        plan = dynamo.Plan(NAME, indexes=(dynamo.Index(),), deletion_protection=False)
        await dynamo.create_table(dynamo_config(settings), plan)
        await s3.create(s3_config(settings))
        yield engines


def settings_of(engines: LocalServices, dynamodb_endpoint: str = "") -> Settings:
    """Return the settings for the engines, with short pauses.

    Args:
        engines: the engines.
        dynamodb_endpoint: address of a proxy in front of DynamoDB; the engine's unless given.
    """
    return Settings(
        database_url=SecretStr(engines.dsn),
        dynamodb_table_name=NAME,
        s3_bucket_name=NAME,
        aws_region=engines.environment["AWS_REGION"],
        aws_endpoint_url_dynamodb=dynamodb_endpoint or engines.endpoint,
        aws_endpoint_url_s3=engines.endpoint,
        target_timeout_seconds=2.0,
        object_timeout_seconds=5.0,
        retry_max_seconds=2.0,
        breaker_pause_seconds=0.5,
        breaker_pause_seconds_max=2.0,
    )
