"""The engines and databases that the measurements of whole writes share."""

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
from crossfade.local import LocalServices, local_stack
from crossfade.runtime.resources import dynamo_config, s3_config
from crossfade.settings import Settings


@dataclass(frozen=True)
class Place:
    """A database of its own, with a table and a bucket of its own."""

    name: str
    dsn: str
    settings: Settings


@asynccontextmanager
async def engines() -> AsyncIterator[LocalServices]:
    """Run PostgreSQL, DynamoDB and S3 for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-", ignore_cleanup_errors=True) as root:
        async with local_stack(Path(root)) as stack:
            os.environ.update(stack.environment)
            yield stack


async def make_place(
    stack: LocalServices, name: str, *, capture: bool = True, endpoint: str = "", **given: Any
) -> Place:
    """Make a migrated database, and a table and a bucket of the same name.

    Args:
        stack: the engines.
        name: of all three.
        capture: whether to install the triggers.
        endpoint: what the settings call DynamoDB; the engine unless given.
        given: further settings.
    """
    async with await psycopg.AsyncConnection.connect(stack.dsn, autocommit=True) as connection:
        await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    dsn = f"{stack.dsn.rpartition('/')[0]}/{name}"
    await migrate(dsn)
    if capture:
        await postgres.install(dsn, APPLICATION.mappings)
    values = {
        "database_url": SecretStr(dsn),
        "dynamodb_table_name": name,
        "s3_bucket_name": name,
        "aws_region": stack.environment["AWS_REGION"],
        "aws_endpoint_url_dynamodb": stack.endpoint,
        "aws_endpoint_url_s3": stack.endpoint,
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
    return Place(name, dsn, Settings(**chosen))
