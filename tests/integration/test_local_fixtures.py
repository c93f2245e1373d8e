"""The fixtures give each test engines that answer and unique names."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from botocore.exceptions import ClientError

from support.engines.clients import boto_client, create_table
from support.engines.dynamodb_local import missing_for_dynamodb_local
from support.engines.shared import Engines
from support.engines.values import Database, DynamoEngine, S3Engine


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


def test_dynamo_lists_the_only_table_of_this_test(dynamo: DynamoEngine, name_prefix: str) -> None:
    client = boto_client(dynamo)
    create_table(client, f"{name_prefix}only")
    pages = client.get_paginator("list_tables").paginate()  # tables of other tests fill some
    names = [name for page in pages for name in page["TableNames"]]
    client.close()
    assert [name for name in names if name.startswith(name_prefix)] == [f"{name_prefix}only"]


def test_dynamodb_local_takes_part_when_its_licence_is_accepted(engines: Engines) -> None:
    """The one visible skip of the opt-in engine; with it, every DynamoDB test runs on it too."""
    if missing := missing_for_dynamodb_local():
        pytest.skip(missing)
    client = boto_client(engines.dynamo("dynamodb-local"))
    assert isinstance(client.list_tables()["TableNames"], list)
    client.close()


def test_a_bucket_takes_an_object(s3: S3Engine) -> None:
    client = boto_client(s3)
    client.put_object(Bucket=s3.bucket, Key="a/b", Body=b"body")
    assert client.get_object(Bucket=s3.bucket, Key="a/b")["Body"].read() == b"body"
    client.close()


def test_seaweedfs_refuses_a_wrong_signature(s3: S3Engine) -> None:
    if s3.name != "seaweedfs":
        pytest.skip(f"{s3.name} checks no signatures")
    client = boto_client(replace(s3, secret_key="wrong"))
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client.put_object(Bucket=s3.bucket, Key="a", Body=b"")
    client.close()
