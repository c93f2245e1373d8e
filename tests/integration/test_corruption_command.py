"""`crossfade corrupt`: does damage on staging, and refuses everywhere else."""

from __future__ import annotations

import json

import pytest

from support.commands import crossfade
from support.engines.clients import boto_client
from support.engines.values import Database, DynamoEngine, S3Engine


@pytest.fixture
def table(environment: Database, bucket: S3Engine) -> str:
    """A table with one user, delivered."""
    crossfade("install")
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    crossfade("relay", "--until-clean")
    return bucket.bucket


def test_damage_is_done_and_named(table: str, ministack: DynamoEngine) -> None:
    done = crossfade("corrupt", "--not-production", table, "--class", "lost-item", "--json")
    (injected,) = json.loads(done.stdout)
    assert injected["corruption"] == "lost-item"
    assert injected["keys"] == [{"entity": "user", "parts": ["u"]}]
    assert not boto_client(ministack).scan(TableName=table)["Items"]


def test_classes_without_a_victim_are_named(table: str) -> None:
    done = crossfade("corrupt", "--not-production", table, "--class", "missing-object")
    assert "nothing to damage was found for: missing-object" in done.stderr


def test_another_tables_name_is_refused(table: str, ministack: DynamoEngine) -> None:
    refusal = crossfade("corrupt", "--not-production", f"{table}-staging", code=1)
    assert "nothing was changed" in refusal.stderr
    assert boto_client(ministack).scan(TableName=table)["Count"] == 1


def test_a_protected_table_is_refused(table: str, ministack: DynamoEngine) -> None:
    client = boto_client(ministack)
    client.update_table(TableName=table, DeletionProtectionEnabled=True)
    refusal = crossfade("corrupt", "--not-production", table, code=1)
    assert "has deletion protection" in refusal.stderr
    assert client.scan(TableName=table)["Count"] == 1
