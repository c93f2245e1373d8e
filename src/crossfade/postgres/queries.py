"""The package's SQL: named queries, each in a file beside the module that runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from psycopg import sql

MIGRATIONS = "migrations"
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def query(name: str) -> sql.SQL:
    """Return the query with a name; `format` fills in its identifiers and fragments."""
    return _queries()[name]


def migrations() -> list[tuple[int, sql.SQL]]:
    """Return the migrations of the schema, numbered from 1, in ascending order."""
    steps = files(__package__).joinpath("capture", MIGRATIONS).iterdir()
    return sorted(
        (int(step.name.split("_")[0]), _trusted(step.read_text("utf-8"))) for step in steps
    )


def named_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the statement of each query of a file.

    Raises:
        ValueError: there is text before the first name.
    """
    before, *parts = _NAME.split(text)
    if before.strip():
        raise ValueError(f"SQL without a name: {before.strip().splitlines()[0]}")
    yield from zip(parts[::2], (body.rstrip() + "\n" for body in parts[1::2]), strict=True)


def read_queries(folder: Traversable) -> dict[str, sql.SQL]:
    """Return the queries of a folder and its subfolders by name, except migrations.

    Raises:
        ValueError: two queries have the same name, or one has no name.
    """
    found: dict[str, sql.SQL] = {}
    for file in _sql_files(folder):
        for name, statement in named_blocks(file.read_text("utf-8")):
            if name in found:
                raise ValueError(f"two queries are named {name}; one is in {file.name}")
            found[name] = _trusted(statement)
    return found


@cache
def _queries() -> dict[str, sql.SQL]:
    return read_queries(files(__package__))


def _sql_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != MIGRATIONS:
            yield from _sql_files(entry)
        elif entry.name.endswith(".sql"):
            yield entry


def _trusted(statement: str) -> sql.SQL:
    """Return text that ships with this package, and so is as trustworthy as a literal."""
    return sql.SQL(statement)
