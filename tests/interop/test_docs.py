"""The code of docs/entities.md runs unchanged; docs/electrodb.md has a line for everything."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path
from types import CodeType
from typing import Any

from crossfade.dynamo import Client
from crossfade.entity import Attribute, Code, Entity, Index, Key, name_of
from crossfade.entity.calls.reads import Query
from crossfade.entity.expressions.conditions import Operations
from crossfade.entity.expressions.updates import Operator
from crossfade.entity.options import Options
from support.dynamo_tables import config_of
from support.engines.values import DynamoEngine

DOCS = Path(__file__).parents[2] / "docs"
UNEXPECTED_BEHAVIOURS = 32


async def test_the_tutorial_runs(ministack: DynamoEngine, name_prefix: str) -> None:
    table = f"{name_prefix}docs"
    async with Client(config_of(ministack)) as client:
        names: dict[str, Any] = {"client": client, "table": table}
        for code in _blocks(DOCS / "entities.md"):
            result = eval(code, names)  # noqa: S307 - the project's documentation
            if inspect.isawaitable(result):
                await result


def _blocks(path: Path) -> list[CodeType]:
    found = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return [compile(block, str(path), "exec", flags=flags, dont_inherit=True) for block in found]


def _methods(kind: type) -> set[str]:
    classes = [base for base in kind.__mro__ if base.__module__.startswith("crossfade.")]
    return {name for base in classes for name in vars(base) if not name.startswith("_")}


def _features() -> set[str]:
    """Return all that a user can name: options of declarations and calls, operators, calls."""
    declared = (Attribute, Index, Key, Options)
    options = {field.name for kind in declared for field in dataclasses.fields(kind)}
    calls = _methods(Entity) - {"joined", "table", "indexes", "identifiers"}
    calls -= {"table_key", "key_fields"}  # ElectroDB has no equivalent
    queries = _methods(Query) - {"pages"}
    operators = {str(operator) for operator in Operator} | {"composite", "data"}
    return options | calls | queries | operators | _methods(Operations)


def test_every_feature_has_a_line() -> None:
    named = {name for row in _rows() for name in re.findall(r"`([^`]+)`", row[0])}
    assert _features() - named == set()
    assert len(_features()) > 80


def test_every_error_has_a_line() -> None:
    assert {f"{int(code)} {name_of(code)}" for code in Code} - {row[0] for row in _rows()} == set()


def test_every_unexpected_behaviour_has_a_row() -> None:
    numbers = {int(row[0].split()[0]) for row in _rows() if re.match(r"\d{1,2} ", row[0])}
    assert numbers == set(range(1, UNEXPECTED_BEHAVIOURS + 1))


def test_every_line_has_a_verdict_and_every_difference_a_reason() -> None:
    rows = _rows()
    assert {verdict for _, verdict, _ in rows} == {"same", "stricter", "different"}
    assert [row for row in rows if row[1] != "same" and not row[2]] == []


def _rows() -> list[tuple[str, str, str]]:
    text = (DOCS / "electrodb.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (.+?) \| (\w+) \| ?(.*?) ?\|$", text, re.MULTILINE)
    return [row for row in found if row[1] != "here"]
