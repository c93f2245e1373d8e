"""`crossfade table`, on every DynamoDB implementation."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from crossfade.cli.commands.table import app
from support.engines.values import DynamoEngine


@pytest.fixture
def table(dynamo: DynamoEngine, name_prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A table that does not exist yet, named by the environment."""
    name = f"{name_prefix}table"
    values = {
        "DATABASE_URL": "postgresql://127.0.0.1/unused",
        "DYNAMODB_TABLE_NAME": name,
        "AWS_REGION": dynamo.region,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamo.endpoint,
        "AWS_ACCESS_KEY_ID": dynamo.access_key,
        "AWS_SECRET_ACCESS_KEY": dynamo.secret_key,
    }
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    return name


def test_a_table_is_created_described_and_deleted(table: str) -> None:
    runner = CliRunner()

    created = runner.invoke(app, ["create", "--json"])
    described = runner.invoke(app, ["describe", "--json"])
    shown = runner.invoke(app, ["describe"])
    refused = runner.invoke(app, ["delete", "--force"], input="another\n")
    deleted = runner.invoke(app, ["delete", "--force"], input=f"{table}\n")
    gone = runner.invoke(app, ["describe"])

    assert created.exit_code == 0, created.output
    assert json.loads(described.stdout)["name"] == table
    assert json.loads(described.stdout)["indexes"][0]["name"] == "gsi1"
    assert shown.exit_code == 0
    assert "gsi1 (gsi1pk, gsi1sk)" in shown.output
    assert refused.exit_code == 1
    assert "nothing was deleted" in refused.output
    assert deleted.exit_code == 0
    assert f"deleted {table}" in deleted.output
    assert gone.exit_code == 1
    assert "NoSuchStore" in gone.output


def test_indexes_and_guards_can_be_chosen(table: str) -> None:
    runner = CliRunner()
    options = ["--index", "other:opk:osk", "--no-pitr", "--no-deletion-protection", "--json"]

    created = runner.invoke(app, ["create", *options])
    deleted = runner.invoke(app, ["delete", "--yes-delete", table, "--json"])

    assert created.exit_code == 0, created.output
    found = json.loads(created.stdout)
    assert found["indexes"] == [{"name": "other", "partition_key": "opk", "sort_key": "osk"}]
    assert not found["deletion_protection"]
    assert found["notes"] == []
    assert json.loads(deleted.stdout) == {"deleted": table}


def test_what_an_engine_lacks_is_said(table: str, dynamo: DynamoEngine) -> None:
    if "pitr" in dynamo.supports:
        pytest.skip(f"{dynamo.name} has all of it")
    created = CliRunner().invoke(app, ["create"])
    assert created.exit_code == 0
    assert f"Table {table}" in created.output
    assert "point-in-time recovery: not available here" in created.output


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("index", ["gsi1", "gsi1:pk", "gsi1::sk", "a:b:c:d"])
def test_a_malformed_index_is_refused(index: str) -> None:
    refused = CliRunner().invoke(app, ["create", "--index", index])
    assert refused.exit_code == 1
    assert "NAME:PK:SK" in refused.output
