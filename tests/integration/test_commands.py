"""The command line on a real database: tables for people, JSON for programs, clear errors."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from crossfade.cli.main import app
from support.commands import answer, crossfade
from support.engines.values import Database


def test_install_capture_deliver_and_uninstall(environment: Database) -> None:
    assert {one["change"] for one in answer("install")} == {"installed"}
    assert {one["change"] for one in answer("install")} == {"unchanged"}
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    assert {one["entity"]: one["dirty"] for one in answer("status")["entities"]}["user"] == 1
    refusal = crossfade("uninstall", code=1)
    assert "1 keys have not reached the target" in refusal.stderr
    crossfade("relay", "--until-clean")
    assert sum(one["dirty"] for one in answer("status")["entities"]) == 0
    assert "public.users" in answer("uninstall")


def test_status_reports_a_disabled_trigger(environment: Database) -> None:
    crossfade("install")
    environment.execute("ALTER TABLE users DISABLE TRIGGER USER")
    result = crossfade("status", code=3)
    assert "missing on" in result.stdout
    assert "crossfade install" in result.stderr
    crossfade("install")
    crossfade("status")


def test_status_names_the_stores_with_an_open_breaker(environment: Database) -> None:
    crossfade("install")
    environment.execute(
        "INSERT INTO crossfade.process (id, jobs, stores_open, every_seconds) "
        "VALUES (gen_random_uuid(), '{relay}', '{dynamodb}', 5)"
    )
    (process,) = answer("status")["processes"]
    assert (process["jobs"], process["stores_open"]) == (["relay"], ["dynamodb"])
    shown = crossfade("status").stdout
    assert "breaker open" in shown
    assert "dynamodb" in shown


def test_unpark_reports_the_count(environment: Database) -> None:
    del environment
    crossfade("install")
    assert answer("unpark") == {"unparked": 0}


def test_tables_are_for_people(environment: Database) -> None:
    del environment
    assert "campaign" in crossfade("install").stdout
    assert "oldest dirty" in crossfade("status").stdout


def test_the_version_is_the_packages() -> None:
    assert crossfade("--version").output == f"crossfade {version('crossfade')}\n"


def test_keys_show_templates_and_an_example() -> None:
    keys = {(one["entity"], one["field"]): one for one in answer("keys")}
    assert keys["campaign", "pk"]["template"] == "USER#${userId}"
    assert keys["campaign", "sk"]["example"].startswith("CAMP#7d0c2f4a")
    assert keys["unfiledSession", "pk"]["example"].startswith("UNFILED#")
    assert "SESS#${sessionId}" in crossfade("keys").stdout


def test_params_show_the_exact_request() -> None:
    created = json.loads(crossfade("params", "campaigns.create", "--example").stdout)
    assert created["Item"]["pk"].startswith("USER#")
    assert "attribute_not_exists" in created["ConditionExpression"]
    changed = json.loads(crossfade("params", "campaign.update", "--values", '{"name": "x"}').stdout)
    assert changed["ExpressionAttributeValues"][":name_u0"] == "x"
    found = json.loads(crossfade("params", "member.query.byUser").stdout)
    assert found["IndexName"] == "gsi1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("params", "dragons.create"), "no mapping 'dragons'"),
        (("params", "campaign.explode"), "no operation 'explode'"),
        (("params", "campaign.query.byMoon"), "no access pattern 'byMoon'"),
        (("params", "campaign.get", "--values", "{"), "--values: invalid JSON"),
        (("params", "campaign.get", "--values", "[]"), "needs a JSON object"),
        (("keys", "--application", "nowhere:nothing"), "CROSSFADE_APPLICATION"),
        (("keys", "--application", "json:dumps"), "name a crossfade.Application"),
        (("status",), "database_url: not set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_misuse_gets_one_clear_line(
    arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    result = crossfade(*arguments, code=1)
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("APPLICATION = (", "SyntaxError: '(' was never closed (mistaken.py, line 1)"),
        ("APPLICATION = MINE", "NameError at mistaken.py:1"),
        ("import nowhere", "ModuleNotFoundError at mistaken.py:1: No module named 'nowhere'"),
        ("ELSE = 1", "AttributeError: module 'mistaken' has no attribute 'APPLICATION'"),
    ],
)
def test_a_mistake_in_a_module_of_mappings_is_named(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mistaken.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mistaken", raising=False)
    assert message in crossfade("keys", "--application", "mistaken:APPLICATION", code=1).stderr


def test_a_file_of_settings_names_the_application_and_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DYNAMODB_TABLE_NAME", raising=False)
    (tmp_path / ".env").write_text(
        "CROSSFADE_APPLICATION=json:dumps\nDYNAMODB_TABLE_NAME=from-the-file\n"
    )
    assert "name a crossfade.Application" in crossfade("keys", code=1).stderr
    named = ("--application", "campaigns.mapping:APPLICATION")
    assert (
        json.loads(crossfade("params", "campaign.get", *named).stdout)["TableName"]
        == "from-the-file"
    )


def test_an_unreachable_database_is_reported(
    environment: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres:hidden@127.0.0.1:1/none")
    result = crossfade("status", code=1)
    assert "Unreachable" in result.stderr
    assert "hidden" not in result.output


def test_parked_keys_are_named_and_never_counted_as_equal(
    environment: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_PARK_AFTER_FAULTS", "1")
    crossfade("install")
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('', 'a@example.org', now())"
    )
    crossfade("relay", "--until-clean")
    shown = crossfade("status").stdout
    assert "user/" in shown
    assert "empty text in a key" in shown
    (parked,) = answer("status")["parked"]
    assert (parked["entity"], parked["key"]) == ("user", [""])
    assert "except 1 parked key" in crossfade("verify").stdout
    assert "no entity 'dragon'" in crossfade("unpark", "dragon", code=1).stderr
    assert answer("unpark", "user") == {"unparked": 1}
    assert answer("status")["parked"] == []


def commands() -> list[tuple[str, ...]]:
    """Every command, as its words."""
    words: list[tuple[str, ...]] = []
    for name, command in getattr(typer.main.get_command(app), "commands", {}).items():
        below = getattr(command, "commands", {})
        words += [(name, one) for one in below] if below else [(name,)]
    assert ("table", "create") in words
    return words


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_helps_with_examples(words: tuple[str, ...]) -> None:
    assert "Example" in crossfade(*words, "--help").stdout
