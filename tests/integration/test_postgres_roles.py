"""What each role needs, as the documentation of the ledger says."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from crossfade.errors import AccessDenied
from crossfade.mapping.state import Delivered, Live, Row, StoredObject
from crossfade.postgres import PostgresFeed, PostgresSource, delivery_status, open_pool
from crossfade.relay.status import DeliveryStatus
from support.engines.values import Database
from support.postgres_tables import AT_ONCE, NOTES, add_note, captured_notes, versions

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "ledger.md"


def role(app: psycopg.Connection, database: Database, purpose: str) -> str:
    """Make a role that may log in and nothing more; its DSN and name."""
    name = f"{purpose}_{app.info.dbname}"
    app.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    return str(make_conninfo(database.dsn, user=name, password="secret"))


def documented_grants() -> str:
    """The grants of the documentation's SQL block."""
    blocks: list[str] = re.findall(r"```sql\n(.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
    return next(block for block in blocks if "GRANT" in block)


async def test_a_writer_needs_no_right_to_the_ledger(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        dsn = role(app, every_database, "writer")
        app.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO writer_{app.info.dbname}")
        with psycopg.connect(dsn, autocommit=True) as writer:
            key = add_note(writer, "n")
            writer.execute("UPDATE notes SET title = '.'")
            for statement in (
                "SELECT FROM crossfade.ledger",
                "UPDATE crossfade.ledger SET acked = version",
                "DELETE FROM crossfade.ledger",
                "SELECT crossfade.capture_note()",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    writer.execute(statement)
        assert versions(app) == {key: 2}
        drop(app, "writer")


async def test_a_writer_cannot_steer_the_trigger(every_database: Database) -> None:
    """Its own functions are not on the path of the trigger, which has more rights."""
    async with captured_notes(every_database) as app:
        dsn = role(app, every_database, "schemer")
        name = f"schemer_{app.info.dbname}"
        app.execute(f"GRANT INSERT ON notes TO {name}")
        app.execute(f"CREATE SCHEMA trap AUTHORIZATION {name}")
        with psycopg.connect(dsn, autocommit=True) as schemer:
            schemer.execute(
                "CREATE FUNCTION trap.concat(text) RETURNS text LANGUAGE sql AS "
                "$$ SELECT 'forged' $$"
            )
            schemer.execute("SET search_path = trap, pg_catalog, public")
            key = add_note(schemer, "n")
        assert versions(app) == {key: 1}
        drop(app, "schemer")


async def test_a_relay_needs_the_documented_grants(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        dsn = role(app, every_database, "relay")
        key = add_note(app, "n")
        async with open_pool(dsn) as pool:
            feed = PostgresFeed(pool, ["note"], AT_ONCE)
            source = PostgresSource(pool, [NOTES])
            with pytest.raises(AccessDenied, match="grant the role the privileges"):
                await feed.due(1)
            grants = documented_grants().replace("public.sessions", "public.notes")
            app.execute(grants.replace("relay_role", f"relay_{app.info.dbname}"))
            assert await feed.due(1) == [key]
            assert await feed.dirty_keys_of([Row("note", ("n",))]) == [key]
            [state] = await source.fetch([key])
            assert isinstance(state, Live)
            assert await source.body(key, "content") is None
            await feed.remember([StoredObject("note", "contents/n/0", 1)])
            await feed.ack([Delivered(key, 1)])
            assert await feed.due(1) == []
            assert await delivery_status(pool, "note", [["n"]], 5) == (
                DeliveryStatus.IN_BOTH_STORES,
            )
            await feed.aclose()
        drop(app, "relay")


async def test_a_row_that_a_policy_hides_is_an_error_and_not_gone(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        dsn = role(app, every_database, "blind")
        key = add_note(app, "n")
        grants = documented_grants().replace("public.sessions", "public.notes")
        app.execute(grants.replace("relay_role", f"blind_{app.info.dbname}"))
        app.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
        async with open_pool(dsn) as pool:
            with pytest.raises(AccessDenied, match="row-level security"):
                await PostgresSource(pool, [NOTES]).fetch([key])
        drop(app, "blind")


def drop(app: psycopg.Connection, purpose: str) -> None:
    """Drop a role; roles outlive the database of a test."""
    name = f"{purpose}_{app.info.dbname}"
    app.execute(f"DROP OWNED BY {name}")
    app.execute(f"DROP ROLE {name}")
