"""`crossfade preflight` and `crossfade backfill` as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from crossfade.cli.main import app
from support.engines.values import Database


@pytest.fixture
def connection(
    migrated: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The application's database with a user, nothing installed; commands find it."""
    monkeypatch.setenv("DATABASE_URL", migrated.dsn)
    with psycopg.connect(migrated.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@x.org', now())"
        )
        yield connection


def add_sessions(connection: psycopg.Connection[tuple[Any, ...]], count: int) -> None:
    connection.execute(
        "INSERT INTO sessions (id, user_id, name, share_token, transcript_text, updated_at) "
        "SELECT 's' || n, 'u', 'Session', 't' || n, repeat('x', 5000), now() "
        "FROM generate_series(1, %s) AS n",
        (count,),
    )


def preflight(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command; its exit code and its report."""
    result = CliRunner().invoke(app, ["preflight", *arguments, "--json"])
    assert result.stdout, (result.stderr, result.exception)
    return result.exit_code, json.loads(result.stdout)


def test_what_fits_is_counted_and_priced(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    add_sessions(connection, 50)
    code, report = preflight("session", "--wcu", "1")
    assert code == 0
    (session,) = report["entities"]
    assert (session["rows"], session["rows_read"], session["misfits"]) == (50, 50, 0)
    assert (session["objects"], session["object_bytes"]) == (50, 250_000)
    assert (session["item_units"], session["write_units"]) == (50, 100)
    assert report["hours"] == pytest.approx(50 / 3600)
    assert report["warming"]["advice"] == ""
    assert report["cost"]["once"] > 0
    assert report["cost"]["each_deep_pass"] > report["cost"]["each_pass"] > 0
    assert any("sessions_share_token_key" in rule for rule in session["rules"]["vanishing"])
    assert any("sessions_user_id_fkey" in rule for rule in session["rules"]["vanishing"])


def test_a_rate_above_what_a_new_table_takes_is_reported_with_the_remedy(
    connection: psycopg.Connection[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAMODB_TABLE_NAME", "ours")
    add_sessions(connection, 4001)
    shown = CliRunner().invoke(app, ["preflight", "session", "--wcu", "9000"])
    assert shown.exit_code == 0
    assert "reaches 4,001" in shown.stdout
    assert "--table-name ours --warm-throughput WriteUnitsPerSecond=4001" in shown.stdout
    assert "warm throughput" not in CliRunner().invoke(app, ["preflight", "--wcu", "4000"]).stdout


def test_prices_may_be_ones_own(
    connection: psycopg.Connection[tuple[Any, ...]], tmp_path: Path
) -> None:
    add_sessions(connection, 10)
    prices = tmp_path / "prices.json"
    prices.write_text('{"region": "here", "write_units_million": 2e6, "object_puts_thousand": 0}')
    _, report = preflight("session", "--prices", str(prices))
    assert report["cost"]["once"] == pytest.approx(2 * report["entities"][0]["write_units"])
    shown = CliRunner().invoke(app, ["preflight", "session", "--prices", str(prices)])
    assert "list prices of here" in shown.stdout
    refused = CliRunner().invoke(app, ["preflight", "--prices", str(tmp_path / "none.json")])
    assert refused.exit_code == 1
    assert "No such file" in refused.stderr


def test_a_sample_of_a_large_table_is_scaled_up(
    connection: psycopg.Connection[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_BACKFILL_PAGE_ROWS", "2")
    add_sessions(connection, 1000)
    code, report = preflight("session")
    _, full = preflight("session", "--full")
    assert code == 0
    (session,), (exact,) = report["entities"], full["entities"]
    assert session["rows_read"] < 200
    assert (session["rows"], exact["rows_read"]) == (1000, 1000)
    assert session["write_units"] == exact["write_units"]


def test_rows_that_do_not_fit_are_named_with_the_remedy_and_without_content(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    add_sessions(connection, 3)
    connection.execute("UPDATE sessions SET id = repeat('k', 1100) WHERE id = 's1'")
    connection.execute("UPDATE sessions SET name = 'secret-name', avg_confidence = 'NaN'")
    code, report = preflight("session")
    shown = CliRunner().invoke(app, ["preflight", "session"])
    assert code == shown.exit_code == 1
    (session,) = report["entities"]
    assert (session["misfits"], session["rows_read"]) == (1, 3)
    (misfit,) = session["shown"]
    assert misfit["primary_key"] == ["k" * 1100]
    assert misfit["remedy"]
    assert "secret-name" not in shown.stdout + json.dumps(report)


def test_a_column_without_a_mapping_does_not_fit(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    connection.execute("ALTER TABLE sessions ADD COLUMN mood text")
    connection.execute("ALTER TABLE campaigns DROP COLUMN revision")
    code, report = preflight()
    assert code == 1
    differences = {one["entity"]: one["differences"] for one in report["entities"]}
    assert "sessions.mood is not in the mapping" in differences["session"][0]
    assert "revision does not exist" in differences["campaign"][0]
    assert not differences["user"]


def test_orphans_of_a_key_that_was_never_validated_are_counted(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    add_sessions(connection, 3)
    connection.execute("ALTER TABLE sessions DROP CONSTRAINT sessions_campaign_id_fkey")
    connection.execute("UPDATE sessions SET campaign_id = gen_random_uuid() WHERE id <> 's1'")
    connection.execute(
        "ALTER TABLE sessions ADD CONSTRAINT of_campaign FOREIGN KEY (campaign_id) "
        "REFERENCES campaigns (id) NOT VALID"
    )
    _, report = preflight("session")
    (session,) = report["entities"]
    assert session["rules"]["orphans"] == [["of_campaign", 2]]


def test_nothing_is_changed(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    preflight()
    schemas = connection.execute("SELECT to_regnamespace('crossfade')").fetchone()
    assert schemas == (None,)


@pytest.mark.usefixtures("connection")
def test_a_backfill_refuses_what_is_not_installed_and_contradictions() -> None:
    refused = CliRunner().invoke(app, ["backfill", "--dry-run"])
    contradicting = CliRunner().invoke(app, ["backfill", "--limit", "5", "--workers", "2"])
    assert refused.exit_code == contradicting.exit_code == 1
    assert "not installed; run `crossfade install` first" in refused.stderr
    assert "--limit: works with one process" in contradicting.stderr


def test_a_dry_run_counts_and_leaves_nothing_behind(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    add_sessions(connection, 30)
    assert CliRunner().invoke(app, ["install"]).exit_code == 0
    connection.execute("UPDATE sessions SET name = 'Live' WHERE id = 's7'")
    result = CliRunner().invoke(app, ["backfill", "session", "--dry-run", "--json"])
    planned = connection.execute("SELECT count(*) FROM crossfade.backfill").fetchone()
    (session,) = json.loads(result.stdout)
    assert (session["rows"], session["written"], session["skipped"]) == (30, 29, 1)
    assert session["bytes"] > 30 * 100
    assert planned == (0,)
