"""AWS's own clients: oracles that share no code with ours. They try once and give up soon."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from support.engines.values import DynamoEngine, S3Engine


def boto_client(
    engine: DynamoEngine | S3Engine, endpoint: str | None = None, *, read_seconds_max: float = 20
) -> Any:
    """Return a boto3 client of an engine, or of a proxy before it."""
    once = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=read_seconds_max,
        request_checksum_calculation="when_required",
    )
    return boto3.client(
        "s3" if isinstance(engine, S3Engine) else "dynamodb",
        endpoint_url=endpoint or engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=engine.access_key,
        aws_secret_access_key=engine.secret_key,
        config=once,
    )


def create_table(client: Any, name: str) -> None:
    """Create a table with the string keys ``pk`` and ``sk``."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )
