"""The engines and databases shared by the benchmarks of complete writes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from pydantic import SecretStr

from campaigns.database import migrate
from campaigns.mapping import APPLICATION
from crossfade import dynamo, postgres, s3
from crossfade.local import LocalServices, local_services
from crossfade.runtime.resources import dynamo_config, s3_config
from crossfade.settings import Settings


@dataclass(frozen=True)
class Workspace:
    """A database, a table and a bucket of the same name, for one benchmark."""

    name: str
    dsn: str
    settings: Settings


@asynccontextmanager
async def engines() -> AsyncIterator[LocalServices]:
    """Run PostgreSQL, DynamoDB and S3 during the block, with their environment variables set."""
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-", ignore_cleanup_errors=True) as root:
        async with local_services(Path(root)) as services:
            before = os.environ.copy()
            os.environ.update(services.environment)
            try:
                yield services
            finally:
                os.environ.clear()
                os.environ.update(before)


async def make_workspace(
    services: LocalServices, name: str, *, capture: bool = True, endpoint: str = "", **given: Any
) -> Workspace:
    """Create a migrated database, and a table and a bucket of the same name.

    Args:
        services: the running engines.
        name: the name of all three.
        capture: whether to install the triggers.
        endpoint: the endpoint of DynamoDB in the settings; by default the engine's.
        given: further settings.
    """
    async with await psycopg.AsyncConnection.connect(services.dsn, autocommit=True) as connection:
        await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    dsn = f"{services.dsn.rpartition('/')[0]}/{name}"
    await migrate(dsn)
    if capture:
        await postgres.install(dsn, APPLICATION.mappings)
    values = {
        "database_url": SecretStr(dsn),
        "dynamodb_table_name": name,
        "s3_bucket_name": name,
        "aws_region": services.environment["AWS_REGION"],
        "aws_endpoint_url_dynamodb": services.endpoint,
        "aws_endpoint_url_s3": services.endpoint,
        "s3_sse": "none",
        **given,
    }
    direct = Settings(**values)
    await dynamo.create_table(
        dynamo_config(direct),
        dynamo.Plan(name, indexes=(dynamo.Index(),), deletion_protection=False),
    )
    await s3.create(s3_config(direct))
    chosen = values | ({"aws_endpoint_url_dynamodb": endpoint} if endpoint else {})
    return Workspace(name, dsn, Settings(**chosen))
