"""Type checkers understand the calls of entities, and refuse what is wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).with_name("entity_typed_sample.py")
TOOLS = Path(sys.executable).parent

WRONG = """
from crossfade.entity import Entity, string

async def wrong(entity: Entity) -> None:
    await entity.get(a=1).go(limit="three")
    await entity.get(a=1).go(nonsense=True)
    entity.query.by_user(user_id="u").set(a=1)
    string(requird=True)
"""
WRONG_LINES = ("5", "6", "7", "8")


def check(tool: str, *paths: Path) -> str:
    """Return what a type checker prints about files."""
    commands = {
        "mypy": [str(TOOLS / "mypy"), "--strict", "--no-error-summary"],
        "pyright": [str(TOOLS / "pyright"), "--pythonpath", sys.executable],
    }
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}", "MYPYPATH": "src"}
    done = subprocess.run(
        [*commands[tool], *map(str, paths)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=SAMPLE.parents[2],
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_wrong_calls_are_found_and_right_ones_are_not(tool: str, tmp_path: Path) -> None:
    """One run checks both files: most of its time goes into reading the library."""
    path = tmp_path / "wrong.py"
    path.write_text(WRONG)
    printed = check(tool, SAMPLE, path)
    errors = re.findall(r"(\w+)\.py:(\d+):.*\berror:", printed)
    assert set(errors) == {("wrong", line) for line in WRONG_LINES}, printed
