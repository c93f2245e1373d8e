"""`crossfade repair`, `sweep` and `report` on real stores: dry runs, tables, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crossfade.cli.commands.sweep import grace_seconds
from crossfade.errors import ConfigurationError
from support.commands import answer, crossfade
from support.engines.clients import boto_client
from support.engines.values import Database, DynamoEngine, S3Engine


@pytest.fixture
def staged(environment: Database, ministack: DynamoEngine, bucket: S3Engine) -> Database:
    """A user with a lost item, a finding about it and one about a stray item."""
    client = boto_client(ministack)
    crossfade("install")
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    crossfade("relay", "--until-clean")
    for item in client.scan(TableName=bucket.bucket)["Items"]:
        client.delete_item(TableName=bucket.bucket, Key={"pk": item["pk"], "sk": item["sk"]})
    environment.execute(
        "INSERT INTO crossfade.run (kind, entities, state) "
        "SELECT 'full', '{user}', 'finished' FROM generate_series(1, 2)"
    )
    environment.execute(
        "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
        "VALUES ('user', '{u}', 'drift_missing', 'lost write', 1, 1), "
        "('', '{A,B}', 'drift_foreign', 'foreign writer', 2, 2)"
    )
    return environment


def test_a_dry_run_shows_and_a_repair_closes(staged: Database) -> None:
    del staged
    planned = answer("repair", "--dry-run")
    actions = [one["action"].split(":")[0] for one in planned["findings"]]
    assert actions == ["write the row again", "nothing"]
    assert planned["counts"] == {"closed": 0, "open": 0, "left_out": 0, "planned": 2}
    assert answer("repair", "--dry-run") == planned
    repaired = answer("repair", "--run", "1")
    assert [one["outcome"] for one in repaired["findings"]] == ["closed"]
    assert repaired["counts"] == {"closed": 1, "open": 0, "left_out": 0, "planned": 0}
    shown = crossfade("repair", code=3)
    assert "1 open" in shown.stdout
    assert "no mapping makes such an item" in shown.stdout
    assert "user/u" not in shown.stdout


def test_a_run_that_there_never_was_is_refused(staged: Database) -> None:
    del staged
    assert "there is no run 99" in crossfade("repair", "--run", "99", code=1).output


def test_nothing_to_repair_is_said_in_words(environment: Database) -> None:
    del environment
    crossfade("install")
    assert crossfade("repair").stdout == "No finding is open.\n"


def test_a_sweep_notes_and_waits(staged: Database) -> None:
    crossfade("repair", code=3)
    staged.execute("DELETE FROM users")
    crossfade("relay", "--until-clean")
    assert fates("--dry-run") == ["seen for the first time"]
    assert fates() == ["seen for the first time"]
    staged.execute("UPDATE crossfade.grave SET seen_at = now() - interval '8 days'")
    assert fates("--dry-run") == ["to be removed"]
    shown = crossfade("sweep").stdout
    assert "8.0 days" in shown
    assert "tombstone: 1 removed" in shown
    assert answer("sweep") == {
        "looked": {"tombstone": 0, "object": 0},
        "counts": [],
        "remnants": [],
    }


def fates(*arguments: str) -> list[str]:
    """What a sweep says of each thing; its counts say the same."""
    result = answer("sweep", *arguments)
    listed = [one["fate"] for one in result["remnants"]]
    assert sum(one["count"] for one in result["counts"]) == len(listed)
    return listed


def test_progress_is_reported_beside_the_result(staged: Database) -> None:
    del staged
    for command, event in (("repair", "repairing"), ("sweep", "sweeping")):
        result = crossfade(command, "--json", "--dry-run")
        line = json.loads(result.stderr.splitlines()[-1])
        assert line["event"] == event
        assert "counts" in json.loads(result.stdout)


def test_the_report_shows_what_the_ledger_knows(staged: Database, tmp_path: Path) -> None:
    staged.execute(
        "INSERT INTO crossfade.run (kind, entities, state, finished_at, equal_keys, drifted_keys) "
        "VALUES ('full', '{user}', 'finished', now(), 3, 1)"
    )
    staged.execute("UPDATE users SET name = 'Later'")
    path = tmp_path / "report.html"
    assert str(path) in crossfade("report", "--out", str(path)).stdout
    html = path.read_text("utf-8")
    assert "75 %" in html
    assert "lost write" in html
    result = answer("report")
    assert [one["verdict"] for one in result["findings"]] == ["drift_foreign", "drift_missing"]
    assert [(one["entity"], one["key"]) for one in result["slowest"]] == [("user", ["u"])]
    (user,) = [one for one in result["entities"] if one["name"] == "user"]
    assert (user["keys"], user["dirty"], user["open_findings"]) == (1, 1, 1)
    assert user["verified_at"] is not None
    assert user["verified_through"] <= user["replicated_through"] < result["taken_at"]


def test_a_report_that_cannot_be_written_says_so(staged: Database, tmp_path: Path) -> None:
    del staged
    refusal = crossfade("report", "--out", str(tmp_path / "none" / "report.html"), code=1)
    assert "cannot be written" in refusal.stderr


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400.0), ("36h", 129600.0), ("7d", 604800.0)]
)
def test_a_grace_period_is_written_with_its_unit(text: str, seconds: float) -> None:
    assert grace_seconds(text) == seconds


@pytest.mark.parametrize("text", ["7", "d", "-1d", "59m", "0d", "1w", "1.5h"])
def test_a_grace_period_that_is_malformed_or_short_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--grace"):
        grace_seconds(text)
