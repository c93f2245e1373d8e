"""What commands say of an entity with a changed table, and with which exit code they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.commands import answer, crossfade
from support.engines.clients import boto_client
from support.engines.values import Database, DynamoEngine, S3Engine

REASON = "public.campaigns.mood is not in the mapping"


@pytest.fixture
def staged(environment: Database) -> Database:
    """A user and a campaign in both stores."""
    crossfade("install")
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    environment.execute(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "VALUES (gen_random_uuid(), 'u', 'c', 'One', now())"
    )
    crossfade("relay", "--until-clean")
    return environment


def alter(database: Database) -> None:
    database.execute("ALTER TABLE campaigns ADD mood text")


def mend(database: Database) -> None:
    database.execute("ALTER TABLE campaigns DROP mood")
    crossfade("install")


def lose_items(dynamo: DynamoEngine, s3: S3Engine) -> None:
    """Delete every item past the relay."""
    client = boto_client(dynamo)
    for item in client.scan(TableName=s3.bucket)["Items"]:
        client.delete_item(TableName=s3.bucket, Key={"pk": item["pk"], "sk": item["sk"]})


def assert_named(result: Any) -> None:
    """The altered entity is named, with the reason and the remedy."""
    ((entity, reason, remedy),) = [one.values() for one in result["left_out"]]
    assert entity == "campaign"
    assert REASON in reason
    assert "crossfade install" in remedy


def test_verify_names_what_it_left_out(staged: Database) -> None:
    alter(staged)
    result = answer("verify", code=3)
    assert_named(result)
    assert "campaign" not in result["run"]["entities"]
    assert (result["run"]["tally"]["source_rows"], result["open"]) == (1, {})
    shown = crossfade("verify", code=3).stdout
    assert REASON in shown
    assert "both stores hold the same of api-token" in shown
    mend(staged)
    result = answer("verify")
    assert result["left_out"] == []
    assert result["run"]["tally"]["equal_keys"] == 2


def test_reports_say_what_a_run_went_without(staged: Database, tmp_path: Path) -> None:
    alter(staged)
    crossfade("verify", code=3)
    file = tmp_path / "parity.html"
    crossfade("report", "--out", str(file))
    assert "full, without campaign" in file.read_text()
    result = {one["name"]: one["verified_at"] for one in answer("report")["entities"]}
    assert result["campaign"] is None
    assert result["user"] is not None


def test_no_certificate_claims_what_was_left_out(staged: Database, tmp_path: Path) -> None:
    file, refused = tmp_path / "parity.json", tmp_path / "refused.json"
    crossfade("verify", "--certificate", str(file))
    alter(staged)
    assert "no certificate" in crossfade("verify", "--certificate", str(refused), code=3).stderr
    assert not refused.exists()
    assert "unknown" in crossfade("verify", "--check", str(file), code=3).stderr
    mend(staged)
    assert "holds" in crossfade("verify", "--check", str(file)).stderr
    assert "campaign" in json.loads(file.read_bytes())["entities"]


def test_open_findings_of_what_was_left_out_are_shown(
    staged: Database, ministack: DynamoEngine, bucket: S3Engine
) -> None:
    lose_items(ministack, bucket)
    assert answer("verify", code=3)["open"] == {"drift_missing": 2}
    alter(staged)
    result = answer("verify", code=3)
    assert_named(result)
    assert result["open"] == {"drift_missing": 2}
    assert result["run"]["tally"]["drifted_keys"] == 1


def test_repair_names_what_it_left_out(
    staged: Database, ministack: DynamoEngine, bucket: S3Engine
) -> None:
    lose_items(ministack, bucket)
    crossfade("verify", code=3)
    alter(staged)
    planned = answer("repair", "--dry-run", code=3)
    assert_named(planned)
    assert planned["counts"] == {"closed": 0, "open": 0, "left_out": 1, "planned": 1}
    result = answer("repair", code=3)
    assert_named(result)
    assert result["counts"] == {"closed": 1, "open": 0, "left_out": 1, "planned": 0}
    shown = crossfade("repair", code=3).stdout
    assert REASON in shown
    assert "1 skipped: its table has changed" in shown
    mend(staged)
    assert answer("repair")["counts"] == {"closed": 1, "open": 0, "left_out": 0, "planned": 0}
    crossfade("verify")


def test_a_worker_reports_what_it_left_out(staged: Database) -> None:
    alter(staged)
    staged.execute("INSERT INTO crossfade.request (kind, requested_by) VALUES ('verify', 'me')")
    crossfade("work", "--until-done")
    with psycopg.connect(staged.dsn) as connection:
        ((outcome,),) = connection.execute("SELECT outcome FROM crossfade.request").fetchall()
    assert "skipped, because their tables changed: campaign" in outcome


@pytest.fixture
def stocked(environment: Database) -> Database:
    """A user and a campaign of before the capture."""
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    environment.execute(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "VALUES (gen_random_uuid(), 'u', 'c', 'One', now())"
    )
    crossfade("install")
    return environment


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--workers", "2")])
def test_a_backfill_names_what_it_left_out(stocked: Database, options: tuple[str, ...]) -> None:
    alter(stocked)
    result = {one["entity"]: one for one in answer("backfill", *options, code=3)}
    assert_named({"left_out": [result["campaign"]["left_out"]]})
    assert [one["left_out"] for name, one in result.items() if name != "campaign"] == [None] * 6
    assert (result["user"]["written"], result["campaign"]["written"]) == (1, 0)
    assert REASON in crossfade("backfill", *options, code=3).stdout
    mend(stocked)
    result = {one["entity"]: one for one in answer("backfill", *options)}
    assert (result["campaign"]["written"], result["campaign"]["left_out"]) == (1, None)


def test_a_backfill_names_what_it_could_not_plan(stocked: Database) -> None:
    stocked.execute("ALTER TABLE campaigns RENAME TO others")
    result = {one["entity"]: one for one in answer("backfill", code=3)}
    assert "does not exist" in result["campaign"]["left_out"]["reason"]
    assert result["campaign"]["windows"] == 0
    assert result["user"]["written"] == 1
