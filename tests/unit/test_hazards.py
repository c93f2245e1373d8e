"""What stops each hazard exists, and so does the test that fails without it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "hazards.md").read_text().splitlines()
ROW = re.compile(r"\| (?P<hazard>.+?) \| .+? \| `(?P<place>.+?)` \| `(?P<test>.+?)` \|")
ROWS = [match.groups() for line in LINES if (match := ROW.fullmatch(line))]


def defines(file: Path, name: str) -> bool:
    """Whether a file has a function, a class, a constant or a query of this name."""
    kinds = rf"^\s*(async def|def|class) {name}\b|^{name} = |^-- name: {name}$"
    return re.search(kinds, file.read_text(), re.MULTILINE) is not None


def test_every_row_says_where_it_is_stopped_and_tested() -> None:
    others = {line for line in LINES if line.startswith("| ") and not ROW.fullmatch(line)}
    assert others == {"| what can go wrong | what stops it | where | test |"}
    assert len({hazard for hazard, _, _ in ROWS}) == len(ROWS) > 50


@pytest.mark.parametrize(("hazard", "place", "test"), ROWS)
def test_what_stops_it_and_its_test_exist(hazard: str, place: str, test: str) -> None:
    file, _, name = place.partition(":")
    assert defines(ROOT / "src" / "crossfade" / file, name) if name else file.endswith(".sql")
    assert (ROOT / "src" / "crossfade" / file).is_file(), hazard
    file, _, name = test.partition("::")
    assert defines(ROOT / "tests" / file, name), hazard
