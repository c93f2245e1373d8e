"""The numbers that the code holds; CONTRIBUTING.md names them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_FOLDERS = (ROOT / "src", ROOT / "campaigns" / "src")
SOURCES = sorted(file for folder in SOURCE_FOLDERS for file in folder.rglob("*.py"))
IN_PRODUCT = frozenset(SOURCES)
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


class Facts(NamedTuple):
    """What the checks need to know of a file.

    Attributes:
        lengths: the lines of each function by its place; docstrings do not count.
        catches_all: whether a handler of every error does not raise it again.
        names: every name that the file defines or uses, and its own; those of the product alone.
    """

    lengths: dict[str, int]
    catches_all: bool
    names: frozenset[str]


@cache
def facts_of(file: Path) -> Facts:
    """Return the facts of a file; it is parsed once, and its tree is not kept."""
    tree = ast.parse(file.read_text())
    nodes = list(statements(tree))
    lengths = {
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}": length_of(node)
        for node in nodes
        if isinstance(node, Function)
    }
    names = frozenset({file.stem, *names_of(tree)} if file in IN_PRODUCT else ())
    return Facts(lengths, any(is_catch_all(node) for node in nodes), names)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Return every node below a node except expressions, which hold no statements."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from statements(child)


def length_of(function: Function) -> int:
    documented = (ast.get_docstring(function, clean=False) or "").splitlines()
    return (function.end_lineno or function.lineno) - function.lineno + 1 - len(documented)


def is_catch_all(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and not isinstance(node.body[-1], ast.Raise)
    )


def test_files_are_short() -> None:
    lengths = {file.relative_to(ROOT): len(file.read_text().splitlines()) for file in FILES}
    assert len(lengths) > 400
    assert {file: n for file, n in lengths.items() if n > LINES_OF_FILE_MAX} == {}


def test_functions_are_short() -> None:
    lengths = {place: n for file in FILES for place, n in facts_of(file).lengths.items()}
    assert len(lengths) > 4000
    assert {place: n for place, n in lengths.items() if n > LINES_OF_FUNCTION_MAX} == {}


@pytest.mark.parametrize("word", ["type: ignore", "TYPE_CHECKING"])
def test_the_product_hides_nothing_from_the_type_checker(word: str) -> None:
    assert [str(file) for file in SOURCES if word in file.read_text()] == []


def test_only_the_loop_outlives_every_error() -> None:
    found = [str(file.relative_to(ROOT)) for file in SOURCES if facts_of(file).catches_all]
    assert found == ["src/crossfade/jobs/loop.py"]


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


def test_every_door_lists_the_names_that_it_opens() -> None:
    modules = [importlib.import_module(door) for door in doors()]
    listed = {module.__name__: set(module.__all__) for module in modules}
    assert listed == {module.__name__: opened_names(module) for module in modules}
    assert "crossfade.entity" in listed


def opened_names(module: ModuleType) -> set[str]:
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }


BANNED = frozenset(
    {
        "told",
        "tell",
        "hear",
        "look",
        "looks",
        "looked",
        "stands",
        "standing",
        "whoever",
        "whatever",
        "whose",
    }
)
"""Words of a dialect; docs/glossary.md has the terms."""


def names_of(tree: ast.Module) -> Iterator[str]:
    """Every name that a file defines or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name():
                yield node.id
            case ast.Attribute():
                yield node.attr
            case ast.arg() | ast.keyword():
                yield node.arg or ""
            case ast.alias():
                yield node.asname or node.name
            case ast.MatchAs() | ast.MatchStar() | ast.ExceptHandler():
                yield node.name or ""
            case _:
                pass


def words_of(name: str) -> set[str]:
    """The words of a name in snake case, camel case or both."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_the_words_of_a_name_are_found() -> None:
    assert words_of("_LOOK_AT") | words_of("StandingOrders.told_by") >= {"look", "standing", "told"}
    assert words_of("outlook_standings") & BANNED == set()


def test_names_are_terms_of_the_field() -> None:
    names = {
        (str(file.relative_to(ROOT)), name) for file in SOURCES for name in facts_of(file).names
    }
    assert len(names) > 20_000
    assert {place for place in names if words_of(place[1]) & BANNED} == set()
