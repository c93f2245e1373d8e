"""Bringing the ledger's schema up to this release, from any state that an earlier one left."""

from __future__ import annotations

import psycopg
import pytest

from crossfade.errors import ConfigurationError, Contended
from crossfade.postgres import InstallOptions, install
from crossfade.postgres.queries import migrations, query
from support.engines.values import Database
from support.postgres_tables import CREATE_NOTES, NOTES, Mark, add_note, captured_notes, mark

IMPATIENT = InstallOptions(
    lock_seconds=0.05, attempts_max=2, pause_seconds=0.01, pause_seconds_max=0.01
)
EVERY_STEP = sorted(number for number, _ in migrations())


def build(connection: psycopg.Connection, numbers: set[int]) -> None:
    """Leave a schema of these steps, as a release that knew no others would have."""
    connection.execute(CREATE_NOTES)
    connection.execute(query("create_schema"))
    for number, step in migrations():
        if number in numbers:
            connection.execute(step)
            connection.execute(query("record_migration"), {"version": number})


def steps(connection: psycopg.Connection) -> list[int]:
    """The steps that a database has seen, in the order in which it saw them."""
    rows = connection.execute("SELECT version FROM crossfade.schema_version ORDER BY applied_at")
    return [row[0] for row in rows]


def column_count(connection: psycopg.Connection) -> int:
    """How many columns the relations of the schema have together."""
    row = connection.execute(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'crossfade'"
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("present", [set(), {1}, {1, 2}, {1, 2, 4}], ids=str)
async def test_an_older_schema_is_brought_up_step_by_step(
    every_database: Database, database: Database, present: set[int]
) -> None:
    """Steps that a release in between did not have are applied, even after later steps."""
    with (
        psycopg.connect(every_database.dsn, autocommit=True) as older,
        psycopg.connect(database.dsn, autocommit=True) as fresh,
    ):
        build(older, present)
        await install(every_database.dsn, [NOTES])
        missing = [number for number in EVERY_STEP if number not in present]
        assert steps(older) == [*sorted(present), *missing]
        fresh.execute(CREATE_NOTES)
        await install(database.dsn, [NOTES])
        assert column_count(older) == column_count(fresh)


async def test_what_an_older_ledger_holds_is_kept(database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as app:
        build(app, {1})
        app.execute(
            "INSERT INTO crossfade.ledger (entity, key, version, acked, xid, next_attempt_at) "
            "VALUES ('note', '{n,f,NULL}', 7, 7, pg_current_xact_id(), now())"
        )
        await install(database.dsn, [NOTES])
        key = add_note(app, "n")
        assert mark(app, key) == Mark(8, 7, is_dirty=True)


async def test_a_step_that_finds_no_moment_leaves_those_before_it_done(database: Database) -> None:
    """The next installation continues from there; no step is applied twice."""
    with psycopg.connect(database.dsn, autocommit=True) as app:
        build(app, {1})
        with psycopg.connect(database.dsn) as reader:
            reader.execute("SELECT FROM crossfade.ledger")
            with pytest.raises(Contended, match="schema crossfade, migration 3"):
                await install(database.dsn, [NOTES], IMPATIENT)
        assert steps(app) == [1, 2]
        await install(database.dsn, [NOTES])
        await install(database.dsn, [NOTES])
        assert steps(app) == EVERY_STEP


@pytest.mark.parametrize("number", [0, 999])
async def test_a_schema_of_a_newer_release_is_not_changed(database: Database, number: int) -> None:
    """A step that this release does not know may have changed what it relies on."""
    async with captured_notes(database) as app:
        app.execute("INSERT INTO crossfade.schema_version VALUES (%s)", (number,))
        before = column_count(app)
        with pytest.raises(ConfigurationError, match=r"newer release.*upgrade this one"):
            await install(database.dsn, [NOTES])
        assert column_count(app) == before
