"""A mapped table for tests of the ledger, and readers of what was recorded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from crossfade.mapping.declaration.mapping import Body, Column, Mapping, Shape
from crossfade.mapping.state import Key
from crossfade.postgres import FeedOptions, install, open_pool
from support.engines.values import Database

CREATE_NOTES = """
CREATE TABLE notes (
    id text PRIMARY KEY,
    owner text NOT NULL,
    folder text,
    title character varying(100) NOT NULL DEFAULT '',
    content text,
    draft text,
    search tsvector
)
"""


def shape(entity: str, pk: str, sk: str) -> Shape:
    """Return a shape with one index, from two templates."""
    return Shape(entity, {"primary": {"pk": _side("pk", pk), "sk": _side("sk", sk)}})


def _side(field: str, template: str) -> dict[str, Any]:
    composite = re.findall(r"\$\{(\w+)\}", template)
    return {"field": field, "composite": composite, "template": template, "casing": "none"}


NOTES = Mapping(
    name="note",
    table="public.notes",
    primary_key=("id",),
    columns=(
        Column("id", "text", required=True),
        Column("owner", "text", required=True),
        Column("folder", "text"),
        Column("title", "character varying(100)", required=True),
        Column("draft", "text"),
    ),
    shapes=(
        shape("Filed", "FOLDER#${folder}", "NOTE#${id}"),
        shape("Loose", "OWNER#${owner}", "NOTE#${id}"),
    ),
    service="notes",
    bodies=(
        Body("content", "contentKey", "contents"),
        Body("draft", "draftKey", "drafts", overflow_only=True),
    ),
    ignored=("search",),
)
"""A note in a folder is keyed by the folder; one without, by its owner."""

AT_ONCE = FeedOptions(grace_seconds=0)


class Mark(NamedTuple):
    """A ledger row."""

    version: int
    acked: int
    is_dirty: bool
    attempts: int = 0
    faults: int = 0
    parked_reason: str | None = None


@asynccontextmanager
async def captured_notes(database: Database) -> AsyncIterator[psycopg.Connection]:
    """Create and capture the table; yield the application's connection, in autocommit mode."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(CREATE_NOTES)
        await install(database.dsn, [NOTES])
        yield connection


def note_key(note: str, *, folder: str | None = None, owner: str | None = None) -> Key:
    """Return the ledger key of a note."""
    return Key("note", (note, folder, owner))


def add_note(
    connection: psycopg.Connection, note: str, *, folder: str | None = "f", owner: str = "o"
) -> Key:
    """Insert a note; return its ledger key."""
    connection.execute(
        "INSERT INTO notes (id, owner, folder) VALUES (%s, %s, %s)", (note, owner, folder)
    )
    return note_key(note, folder=folder, owner=None if folder else owner)


def touch(connection: psycopg.Connection, note: str, times: int = 1) -> None:
    """Update a note's title, a transaction each time."""
    for _ in range(times):
        connection.execute("UPDATE notes SET title = title || '.' WHERE id = %s", (note,))


def marks(connection: psycopg.Connection, entity: str = "note") -> dict[Key, Mark]:
    """Return the ledger of an entity."""
    rows = connection.execute(
        "SELECT key, version, acked, dirty_since IS NOT NULL, attempts, faults, parked_reason "
        "FROM crossfade.ledger WHERE entity = %s",
        (entity,),
    ).fetchall()
    return {Key(entity, tuple(key)): Mark(*rest) for key, *rest in rows}


def mark(connection: psycopg.Connection, key: Key) -> Mark:
    """Return the ledger row of a key."""
    return marks(connection, key.entity)[key]


def versions(connection: psycopg.Connection, entity: str = "note") -> dict[Key, int]:
    """Return the version of every key of an entity."""
    return {key: found.version for key, found in marks(connection, entity).items()}


async def plan(database: Database, statement: sql.Composable, parameters: dict[str, Any]) -> str:
    """Return the plan of a statement in a session of `open_pool`, as text."""
    async with open_pool(database.dsn) as pool, pool.connection() as connection:
        explained = sql.SQL("EXPLAIN (COSTS OFF) {}").format(statement)
        cursor = await connection.execute(explained, parameters)
        return "\n".join([row[0] async for row in cursor])


def scanned_whole(plan_text: str, tables: Sequence[str]) -> list[str]:
    """Return the tables that a plan reads from end to end."""
    return [table for table in tables if re.search(rf"Seq Scan on {table}\b", plan_text)]
