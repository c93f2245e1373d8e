"""The fixtures give each test engines that answer and names of its own."""

from __future__ import annotations

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from engines.values import Database, DynamoEngine, S3Engine


async def test_a_database_is_empty_and_sorts_the_same_everywhere(every_database: Database) -> None:
    async with await psycopg.AsyncConnection.connect(every_database.dsn) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        assert await cursor.fetchone() == (0,)
        cursor = await connection.execute(
            "SELECT string_agg(x, '' ORDER BY x), upper('é') FROM unnest(array['b','a','Z','É']) x"
        )
        assert await cursor.fetchone() == ("ZabÉ", "É")


def test_dynamo_lists_no_table_of_this_test(dynamo: DynamoEngine, name_prefix: str) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=dynamo.endpoint,
        region_name=dynamo.region,
        aws_access_key_id=dynamo.access_key,
        aws_secret_access_key=dynamo.secret_key,
    )
    names = client.list_tables()["TableNames"]
    client.close()
    assert not [name for name in names if name.startswith(name_prefix)]


def test_a_bucket_takes_an_object(s3: S3Engine) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=s3.region,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key,
    )
    client.put_object(Bucket=s3.bucket, Key="a/b", Body=b"body")
    assert client.get_object(Bucket=s3.bucket, Key="a/b")["Body"].read() == b"body"
    client.close()


def test_seaweedfs_refuses_a_wrong_signature(s3: S3Engine) -> None:
    if s3.name != "seaweedfs":
        pytest.skip(f"{s3.name} checks no signatures")
    client = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=s3.region,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key="wrong",
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client.put_object(Bucket=s3.bucket, Key="a", Body=b"")
    client.close()
