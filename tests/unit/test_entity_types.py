"""Type checkers accept correct calls of entities, and report incorrect ones."""

from __future__ import annotations

import os
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
FIRST_WRONG_LINE, WRONG_LINES = 5, 4


def check(tool: str, path: Path) -> str:
    """Return the output of a type checker for a file."""
    commands = {
        "mypy": [str(TOOLS / "mypy"), "--strict", "--no-error-summary"],
        "pyright": [str(TOOLS / "pyright"), "--pythonpath", sys.executable],
    }
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}", "MYPYPATH": "src"}
    done = subprocess.run(
        [*commands[tool], str(path)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=SAMPLE.parents[2],
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_the_sample_is_clean(tool: str) -> None:
    output = check(tool, SAMPLE)
    assert "error:" not in output
    assert " - error" not in output


@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_incorrect_calls_are_reported(tool: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG)
    output = check(tool, path)
    for line in range(FIRST_WRONG_LINE, FIRST_WRONG_LINE + WRONG_LINES):
        assert f"wrong.py:{line}:" in output, output
