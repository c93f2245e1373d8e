"""The room's SQL, one named file a query."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from psycopg import sql


@cache
def query(name: str) -> sql.SQL:
    """Return the query of ``sql/<name>.sql``; `format` fills in the identifiers of a template."""
    return _read(f"sql/{name}.sql")


def migrations() -> list[tuple[int, sql.SQL]]:
    """Return the steps that build the schema, numbered from 1, in order."""
    names = sorted(
        file.name for file in files(__package__).joinpath("capture", "migrations").iterdir()
    )
    return [(int(name.split("_")[0]), _read(f"capture/migrations/{name}")) for name in names]


def _read(path: str) -> sql.SQL:
    """Read a file that ships with this package, hence as trustworthy as a literal."""
    return sql.SQL(files(__package__).joinpath(path).read_text("utf-8"))
