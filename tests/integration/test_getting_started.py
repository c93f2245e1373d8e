"""The guide for newcomers, followed to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import engine_variables
from support.engines.clients import boto_client
from support.engines.product import settings_of
from support.engines.values import Database, DynamoEngine, S3Engine

GUIDE = (Path(__file__).parents[2] / "docs" / "getting-started.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def lines_with(word: str) -> list[list[str]]:
    """Return the guide's crossfade commands that begin so, without comments."""
    commands = re.findall(r"^\./run crossfade (.*?)(?:\s+#.*)?$", GUIDE, re.MULTILINE)
    return [command.split() for command in commands if command.startswith(word)]


def test_the_guide_leads_from_a_table_to_an_item(
    tmp_path: Path,
    database: Database,
    ministack: DynamoEngine,
    bucket: S3Engine,
    credentials: None,
) -> None:
    del credentials
    (module,) = blocks("python")
    (tmp_path / "notes.py").write_text(module)
    notes = {"CROSSFADE_APPLICATION": "notes:APPLICATION", "PYTHONPATH": str(tmp_path)}
    settings = settings_of(database, ministack, bucket)
    environment = {**os.environ, **engine_variables(settings, **notes)}

    def crossfade(arguments: list[str]) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", "crossfade.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    table, row = blocks("sql")
    database.execute(table)
    assert "NOTE#${noteId}" in crossfade(["keys"])
    for words in ("preflight", "table create", "bucket create", "install", "backfill"):
        (arguments,) = lines_with(words)
        crossfade(arguments)
    database.execute(row)
    (deliver,) = lines_with("relay")
    crossfade(deliver)
    items = boto_client(ministack).scan(TableName=bucket.bucket)["Items"]
    assert sorted(item["noteId"]["S"] for item in items) == ["n0", "n1"]
    stored = boto_client(bucket).list_objects_v2(Bucket=bucket.bucket)["Contents"]
    assert {one["Key"] for one in stored} == {item["contentKey"]["S"] for item in items}
    (compare,) = lines_with("verify")
    assert "both stores hold the same" in crossfade(compare)
    (command,) = lines_with("explain")
    assert "equal" in crossfade(command)


@pytest.mark.parametrize("word", ["status", "uninstall", "local up", "local down"])
def test_the_guide_names_commands_that_exist(word: str) -> None:
    assert lines_with(word)
