"""`crossfade corrupt`: does damage on staging, and refuses everywhere else."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from crossfade.cli.main import app
from engines.clients import boto_client
from engines.values import Database, DynamoEngine, S3Engine
from engines.world import create_table_with_index


@pytest.fixture
def table(
    migrated: Database,
    ministack: DynamoEngine,
    bucket: S3Engine,
    credentials: None,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A table with one user, delivered; all of it in the environment."""
    del credentials
    create_table_with_index(boto_client(ministack), bucket.bucket)
    for name, value in {
        "DATABASE_URL": migrated.dsn,
        "DYNAMODB_TABLE_NAME": bucket.bucket,
        "S3_BUCKET_NAME": bucket.bucket,
        "S3_SSE": "none",
        "AWS_REGION": ministack.region,
        "AWS_ENDPOINT_URL_DYNAMODB": ministack.endpoint,
        "AWS_ENDPOINT_URL_S3": bucket.endpoint,
        "CROSSFADE_RELAY_GRACE_SECONDS": "0",
    }.items():
        monkeypatch.setenv(name, value)
    crossfade("install")
    migrated.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    crossfade("relay", "--until-clean")
    return bucket.bucket


def crossfade(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result


def test_damage_is_done_and_named(table: str, ministack: DynamoEngine) -> None:
    done = crossfade("corrupt", "--not-production", table, "--class", "lost-item", "--json")
    (injected,) = json.loads(done.stdout)
    assert injected["corruption"] == "lost-item"
    assert injected["keys"] == [{"entity": "user", "parts": ["u"]}]
    assert not boto_client(ministack).scan(TableName=table)["Items"]


def test_classes_without_a_victim_are_named(table: str) -> None:
    done = crossfade("corrupt", "--not-production", table, "--class", "missing-object")
    assert "no victim was found for: missing-object" in done.stderr


def test_another_tables_name_is_refused(table: str, ministack: DynamoEngine) -> None:
    refusal = crossfade("corrupt", "--not-production", f"{table}-staging", code=1)
    assert "nothing was changed" in refusal.stderr
    assert boto_client(ministack).scan(TableName=table)["Count"] == 1


def test_a_protected_table_is_refused(table: str, ministack: DynamoEngine) -> None:
    client = boto_client(ministack)
    client.update_table(TableName=table, DeletionProtectionEnabled=True)
    refusal = crossfade("corrupt", "--not-production", table, code=1)
    assert "protected against deletion" in refusal.stderr
    assert client.scan(TableName=table)["Count"] == 1
