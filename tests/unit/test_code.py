"""The numbers that the code holds; CONTRIBUTING.md names them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_FOLDERS = (ROOT / "src", ROOT / "campaigns" / "src")
SOURCES = sorted(file for folder in SOURCE_FOLDERS for file in folder.rglob("*.py"))
FOLDERS = ("src", "campaigns", "bench", "tests")
FILES = sorted(
    file
    for folder in FOLDERS
    for file in (ROOT / folder).rglob("*.py")
    if "node_modules" not in file.parts
)
LINES_OF_FILE_MAX = 600
LINES_OF_FUNCTION_MAX = 80

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines_of_functions(file: Path) -> Iterator[tuple[str, int]]:
    """Each function's place and length; its docstring does not count."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, Function):
            documented = (ast.get_docstring(node, clean=False) or "").splitlines()
            length = (node.end_lineno or node.lineno) - node.lineno + 1 - len(documented)
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", length


def test_files_are_short() -> None:
    lengths = {file.relative_to(ROOT): len(file.read_text().splitlines()) for file in FILES}
    assert {file: n for file, n in lengths.items() if n > LINES_OF_FILE_MAX} == {}


def test_functions_are_short() -> None:
    lengths = dict(found for file in FILES for found in lines_of_functions(file))
    assert {place: n for place, n in lengths.items() if n > LINES_OF_FUNCTION_MAX} == {}


@pytest.mark.parametrize("word", ["type: ignore", "TYPE_CHECKING"])
def test_the_product_hides_nothing_from_the_type_checker(word: str) -> None:
    assert [str(file) for file in SOURCES if word in file.read_text()] == []


def test_only_the_loop_outlives_every_error() -> None:
    found = [str(file.relative_to(ROOT)) for file in SOURCES if catches_all(file)]
    assert found == ["src/crossfade/jobs/loop.py"]


def catches_all(file: Path) -> bool:
    """Whether a file has a handler of every error that does not raise it again."""
    return any(
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and not isinstance(node.body[-1], ast.Raise)
        for node in ast.walk(ast.parse(file.read_text()))
    )


def doors() -> list[str]:
    """The packages that say which names are public; test_public_names checks the topmost one."""
    names = [
        ".".join(file.parent.relative_to(folder).parts)
        for folder in SOURCE_FOLDERS
        for file in sorted(folder.rglob("__init__.py"))
    ]
    return [
        name
        for name in names
        if name != "crossfade" and hasattr(importlib.import_module(name), "__all__")
    ]


@pytest.mark.parametrize("door", doors())
def test_a_door_lists_the_names_that_it_opens(door: str) -> None:
    module = importlib.import_module(door)
    opened = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert set(module.__all__) == opened
