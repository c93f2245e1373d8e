"""What a process opens: each pool, client and store once, shared by all its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from psycopg_pool import AsyncConnectionPool

from crossfade import dynamo, s3
from crossfade.postgres import PoolOptions, open_pool
from crossfade.settings import Settings


@dataclass(frozen=True, slots=True)
class Resources:
    """The open stores of one process.

    Attributes:
        settings: the settings that name them.
        pool: connections to the source.
        client: the DynamoDB client.
        target: the table behind `client`.
        objects: the store of large columns.
    """

    settings: Settings
    pool: AsyncConnectionPool
    client: dynamo.Client
    target: dynamo.Target
    objects: s3.ObjectStore


@asynccontextmanager
async def open_resources(
    settings: Settings, options: PoolOptions | None = None
) -> AsyncIterator[Resources]:
    """Open the stores that the settings name.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        options: the limits of the pool.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.dsn, options))
        client = dynamo.connect(dynamo_config(settings))
        stack.push_async_callback(client.close)
        yield Resources(
            settings,
            pool,
            client,
            dynamo.Target(client, settings.dynamodb_table_name),
            s3.ObjectStore(s3_config(settings)),
        )


def dynamo_config(settings: Settings) -> dynamo.Config:
    """Return the configuration of DynamoDB."""
    return dynamo.Config(
        region=settings.aws_region,
        endpoint=settings.aws_endpoint_url_dynamodb,
        timeout_seconds=settings.target_timeout_seconds,
        attempt_timeout_seconds=settings.target_timeout_seconds,
    )


def s3_config(settings: Settings) -> s3.Config:
    """Return the configuration of S3."""
    endpoint = settings.aws_endpoint_url_s3
    return s3.Config(
        bucket=settings.s3_bucket_name,
        region=settings.aws_region,
        endpoint=endpoint,
        allow_http=endpoint is not None and endpoint.startswith("http://"),
        encryption=s3.Encryption(settings.s3_sse),
        kms_key_id=settings.s3_kms_key_id,
        timeout_seconds=settings.object_timeout_seconds,
    )
