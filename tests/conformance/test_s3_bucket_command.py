"""`crossfade bucket`, on every S3 implementation."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from crossfade.cli.commands.bucket import app
from support.engines.values import S3Engine


@pytest.fixture
def bucket(s3: S3Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket that does not exist yet, named by the environment."""
    name = f"{s3.bucket}-new"
    values = {
        "DATABASE_URL": "postgresql://127.0.0.1/unused",
        "S3_BUCKET_NAME": name,
        "AWS_REGION": s3.region,
        "AWS_ENDPOINT_URL_S3": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
    }
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    return name


def test_a_bucket_is_created_described_and_deleted(bucket: str) -> None:
    runner = CliRunner()

    created = runner.invoke(app, ["create", "--json"])
    described = runner.invoke(app, ["describe", "--json"])
    table = runner.invoke(app, ["describe"])
    refused = runner.invoke(app, ["delete"], input="another\n")
    deleted = runner.invoke(app, ["delete"], input=f"{bucket}\n")
    gone = runner.invoke(app, ["describe"])

    assert created.exit_code == 0, created.output
    assert json.loads(created.stdout) == json.loads(described.stdout)
    assert json.loads(described.stdout)["name"] == bucket
    assert table.exit_code == 0
    assert refused.exit_code == 1
    assert "nothing was deleted" in refused.output
    assert deleted.exit_code == 0
    assert f"deleted {bucket}" in deleted.output
    assert gone.exit_code == 1
    assert "NoSuchStore" in gone.output


def test_the_name_can_be_confirmed_without_a_question(bucket: str) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["create"]).exit_code == 0

    deleted = runner.invoke(app, ["delete", "--yes-delete", bucket, "--json"])

    assert json.loads(deleted.stdout) == {"deleted": bucket}
