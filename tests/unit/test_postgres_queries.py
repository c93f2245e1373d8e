"""Named queries: each beside the module that runs it, each name once, none unused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossfade.postgres.queries import named_blocks, query, read_queries

ROOM = Path(__file__).parents[2] / "src" / "crossfade" / "postgres"
FILES = sorted(file for file in ROOM.rglob("*.sql") if file.parent.name != "migrations")
NAMES = [name for file in FILES for name, _ in named_blocks(file.read_text())]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOM)))
def test_queries_are_run_by_the_module_beside_them(file: Path) -> None:
    strings = set(re.findall(r'"(\w+)"', file.with_suffix(".py").read_text()))
    assert {name for name, _ in named_blocks(file.read_text())} - strings == set()


def test_every_file_of_sql_is_found() -> None:
    assert len(FILES) > 30
    assert len(NAMES) == len(set(NAMES))
    for name in NAMES:
        assert query(name).as_string().strip()


def test_text_before_the_first_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without a name: SELECT 1"):
        dict(named_blocks("SELECT 1\n-- name: two\nSELECT 2"))


def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    for file in (tmp_path / "one.sql", tmp_path / "deeper" / "two.sql"):
        file.write_text("-- name: same\nSELECT 1\n")
    with pytest.raises(ValueError, match="two queries are named same"):
        read_queries(tmp_path)
