"""`crossfade local`: up, status, env and down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from typer.testing import CliRunner

from crossfade.cli.commands.local import app


class Shell:
    """Runs commands on one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command and return what it printed."""
        result = CliRunner().invoke(app, [*arguments, "--data", str(self.folder)])
        assert result.exit_code == code, result.output
        return result.output

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command for its JSON."""
        return json.loads(self.run(*arguments, "--json", code=code))


def crash(engines: list[dict[str, Any]]) -> None:
    """Kill engines as a crash would, and wait until they are gone."""
    processes = [psutil.Process(engine["pid"]) for engine in engines]
    for process in processes:
        process.kill()
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive


@pytest.fixture
def shell(data_folder: Path) -> Iterator[Shell]:
    shell = Shell(data_folder / "engines")
    yield shell
    shell.run("down")


def test_up_twice_is_harmless_and_says_so(shell: Shell) -> None:
    assert "postgres: started\naws: started\n" in shell.run("up")
    assert "postgres: ran already\naws: ran already\n" in shell.run("up")


def test_up_prints_the_variables_that_lead_to_the_engines(shell: Shell) -> None:
    printed = shell.run("up")
    variables = shell.json("up")["environment"]
    assert [f"export {name}={value}" in printed for name, value in variables.items()] == [True] * 6
    assert set(variables) == {
        "DATABASE_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_env_prints_only_what_a_shell_evaluates(shell: Shell) -> None:
    assert "crossfade local up" in shell.run("env", code=3)
    shell.run("up")
    lines = shell.run("env").splitlines()
    assert len(lines) == 6
    assert all(line.startswith("export ") for line in lines)
    assert shell.json("env") == shell.json("up")["environment"]


def test_status_follows_what_happens(shell: Shell) -> None:
    def states(code: int) -> list[str]:
        return [engine["state"] for engine in shell.json("status", code=code)]

    assert states(3) == ["stopped", "stopped"]
    assert not shell.folder.exists()
    shell.run("up")
    assert states(0) == ["running", "running"]
    assert "running" in shell.run("status")
    crash(shell.json("status"))
    assert states(3) == ["crashed", "crashed"]
    assert "postgres: started after a crash" in shell.run("up")
    assert "postgres: stopped\naws: stopped\n" in shell.run("down")
    assert states(3) == ["stopped", "stopped"]
    assert "postgres: was not running" in shell.run("down")


def test_up_after_a_crash_says_what_may_be_missing(shell: Shell) -> None:
    crash([one for one in shell.json("up")["engines"] if one["name"] == "aws"])
    assert "its tables are those of the last clean stop" in shell.run("up")


def test_down_cleans_up_after_a_crash(shell: Shell) -> None:
    crash(shell.json("up")["engines"])
    assert "postgres: had crashed; cleaned up" in shell.run("down")


def test_a_folder_that_cannot_be_made_is_one_clear_line(data_folder: Path) -> None:
    (data_folder / "file").write_text("")
    result = CliRunner().invoke(app, ["up", "--data", str(data_folder / "file" / "below")])
    assert result.exit_code == 1
    assert "choose a data folder that you may write to" in result.output
    assert "Traceback" not in result.output
