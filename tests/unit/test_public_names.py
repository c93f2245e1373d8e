"""What `crossfade` exports: type checkers see the same, and documents import it from there."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FunctionType

import pytest

PACKAGE = importlib.import_module("crossfade")
MODULES: dict[str, str] = PACKAGE._MODULES

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "src" / "crossfade"
APPLICATION = ROOT / "campaigns" / "src" / "campaigns"
DRIVING = ("demo/", "embedded.py", "serving.py")
"""What drives a whole migration, and so uses more than public names."""
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

Import = tuple[str, str]
"""A module, and a name that is imported from it."""


def imports(texts: Iterable[str]) -> Iterator[Import]:
    """Yield what texts of Python import from Crossfade."""
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and re.match(r"crossfade\b", node.module or ""):
                yield from ((node.module or "", alias.name) for alias in node.names)


def of_documents() -> list[Import]:
    """Return what the Python of all pages imports."""
    pages = "\n".join(page.read_text() for page in PAGES)
    return list(imports(re.findall(r"```python\n(.*?)```", pages, re.DOTALL)))


def of_application() -> dict[str, list[Import]]:
    """Return what each file of the application imports."""
    return {
        str(file.relative_to(APPLICATION)): list(imports([file.read_text()]))
        for file in sorted(APPLICATION.rglob("*.py"))
    }


def is_public(module: str, name: str) -> bool:
    """Return whether a package lists the name as one of its own."""
    return name in getattr(importlib.import_module(module), "__all__", ())


def is_exported(module: str, name: str) -> bool:
    """Return whether `crossfade` exports what is imported from further down."""
    return (
        module != "crossfade"
        and name in MODULES
        and getattr(importlib.import_module(module), name) is getattr(PACKAGE, name)
    )


def test_the_names_are_sorted_and_shown() -> None:
    assert PACKAGE.__all__ == sorted(MODULES)
    assert MODULES.keys() <= set(dir(PACKAGE))


def test_the_stub_has_each_name_from_the_module_that_defines_it() -> None:
    statements = ast.parse((LIBRARY / "__init__.pyi").read_text()).body
    assert {
        alias.asname: statement.module
        for statement in statements
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    } == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_a_name_is_what_its_module_defines(name: str) -> None:
    value = getattr(PACKAGE, name)
    assert value is getattr(importlib.import_module(MODULES[name]), name)
    if isinstance(value, type | FunctionType):
        assert value.__module__ == MODULES[name]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'crossfade' has no attribute 'open_migratoin'"):
        _ = PACKAGE.open_migratoin


def test_entities_load_no_driver() -> None:
    program = "import crossfade.entity, sys; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not {"psycopg", "botocore", "obstore", "structlog"} & set(ended.stdout.split())


def test_the_library_imports_names_from_where_they_are_defined() -> None:
    found = imports(file.read_text() for file in sorted(LIBRARY.rglob("*.py")))
    assert [name for module, name in found if module == "crossfade" and name in MODULES] == []


def test_documents_import_public_names_the_shortest_way() -> None:
    found = of_documents()
    assert len(found) > len(PAGES)
    assert [one for one in found if not is_public(*one) or is_exported(*one)] == []


def test_the_application_imports_public_names_the_shortest_way() -> None:
    for file, found in of_application().items():
        assert [one for one in found if is_exported(*one)] == [], file
        if not file.startswith(DRIVING):
            assert [one for one in found if not is_public(*one)] == [], file
