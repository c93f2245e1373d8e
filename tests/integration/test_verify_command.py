"""`crossfade verify` and `crossfade explain` on real engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.commands import crossfade
from support.engines.clients import boto_client
from support.engines.values import Database, DynamoEngine, S3Engine


@pytest.fixture
def table(
    environment: Database,
    ministack: DynamoEngine,
    bucket: S3Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Three users in both stores; a client of the table."""
    monkeypatch.setenv("CROSSFADE_REPLICA_URL", environment.dsn)
    crossfade("install")
    environment.execute(
        "INSERT INTO users (id, email, name, updated_at) "
        "SELECT 'u' || n, n || '@example.org', 'private name', now() "
        "FROM generate_series(1, 3) AS n"
    )
    crossfade("relay", "--until-clean")
    return boto_client(ministack), bucket.bucket, environment


def remove(table: Any, user: str) -> None:
    client, name, _ = table
    client.delete_item(TableName=name, Key={"pk": {"S": f"USER#{user}"}, "sk": {"S": "PROFILE"}})


def test_equal_stores_end_well_and_drift_ends_with_3(table: Any) -> None:
    assert "both stores hold the same" in crossfade("verify").stdout
    remove(table, "u2")
    printed = crossfade("verify", code=3).stdout
    assert "user/u2" in printed
    assert "drift_missing" in printed
    found = json.loads(crossfade("verify", "user", "--json", code=3).stdout)
    assert found["open"] == {"drift_missing": 1}
    assert found["run"]["tally"]["equal_keys"] == 2
    assert "private" not in json.dumps(found)


@pytest.mark.usefixtures("table")
def test_a_certificate_without_a_folder_is_refused_before_the_pass(tmp_path: Path) -> None:
    refusal = crossfade("verify", "--certificate", str(tmp_path / "none" / "parity.json"), code=1)
    assert "no folder" in refusal.stderr
    assert "Run" not in refusal.stdout
    refusal = crossfade("verify", "--certificate", str(tmp_path), code=1)
    assert "cannot be written" in refusal.stderr


def test_a_certificate_holds_until_something_changes(table: Any, tmp_path: Path) -> None:
    file = tmp_path / "parity.json"
    crossfade("verify", "--deep", "--certificate", str(file))
    printed = json.loads(file.read_bytes())
    assert (printed["source_rows"], printed["equal_keys"], printed["is_deep"]) == (3, 3, True)
    assert "holds" in crossfade("verify", "--check", str(file)).stderr
    _, _, database = table
    database.execute("UPDATE users SET name = 'other' WHERE id = 'u1'")
    crossfade("relay", "--until-clean")
    assert "have changed" in crossfade("verify", "--check", str(file), code=3).stderr
    remove(table, "u3")
    assert "broken" in crossfade("verify", "--check", str(file), code=3).stderr
    refused = tmp_path / "refused.json"
    crossfade("verify", "--certificate", str(refused), code=3)
    assert not refused.exists()


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "parity.json"
    file.write_text('{"format": 2}')
    assert "not one that" in crossfade("verify", "--check", str(file), code=1).stderr
    file.write_text('{"format": 1}')
    assert "another release" in crossfade("verify", "--check", str(file), code=1).stderr


def test_a_key_is_explained_without_content_unless_asked_for(table: Any) -> None:
    printed = crossfade("explain", "user", "u1").stdout
    assert "equal" in printed
    assert "private name" not in printed
    assert "private name" in crossfade("explain", "user", "u1", "--reveal").stdout
    remove(table, "u1")
    crossfade("verify", code=3)
    (found,) = json.loads(crossfade("explain", "users", "u1", "--json").stdout)
    assert found["judgement"]["verdict"] == "drift_missing"
    assert (found["row"], found["item"]) == ("there", "absent")
    assert found["ledger"]["version"] == 1
    assert len(found["findings"]) == 1


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_key_is_found_however_it_is_written(table: Any, *, is_deleted: bool) -> None:
    _, _, database = table
    key = "7d0c2f4a-3b1e-4c55-8a90-5e2b1c9d6f01"
    database.execute(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        f"VALUES ('{key}', 'u1', 'the-keep', 'The Keep', now())"
    )
    if is_deleted:
        database.execute("DELETE FROM campaigns")
    (found,) = json.loads(crossfade("explain", "campaign", key.upper(), "--json").stdout)
    assert found["key"]["parts"][0] == key
    assert found["ledger"]["version"] == 1 + is_deleted


def test_unknown_rows_and_short_keys_are_reported(table: Any) -> None:
    del table
    assert "no ledger entry" in crossfade("explain", "user", "nobody").stdout
    refusal = crossfade("explain", "member", "one", code=1)
    assert "campaign_id, user_id" in refusal.stderr
