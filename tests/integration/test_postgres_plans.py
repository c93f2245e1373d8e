"""The hot statements use their indexes, on tables large enough for it to matter."""

from __future__ import annotations

import json

import psycopg

from crossfade.postgres.mapped_sql import body_statement, fetch_statement
from crossfade.postgres.queries import query
from support.engines.values import Database
from support.postgres_tables import NOTES, captured_notes, plan, scanned_whole

TABLES = ("ledger", "notes", "object")
ROWS = 20_000


def fill(app: psycopg.Connection) -> None:
    """Many rows, one key in ten dirty, many objects."""
    app.execute(
        "INSERT INTO notes (id, owner, folder, content) "
        f"SELECT i::text, 'o', 'f', 'text' FROM generate_series(1, {ROWS}) AS i"
    )
    app.execute(
        "UPDATE crossfade.ledger SET acked = version, dirty_since = NULL WHERE key[1]::int % 10 > 0"
    )
    app.execute(
        "INSERT INTO crossfade.object SELECT 'contents/' || i || '/' || repeat('0', 64), "
        f"'note', i, 4 FROM generate_series(1, {ROWS}) AS i"
    )
    app.execute("VACUUM ANALYZE")


def keys(count: int) -> list[list[str | None]]:
    """Keys of existing rows."""
    return [[str(number * 7), "f", None] for number in range(1, count + 1)]


async def test_due_walks_its_index_in_order(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        fill(app)
        text = await plan(
            every_database,
            query("due"),
            {
                "entities": ["note"],
                "grace_seconds": 0.5,
                "silent_seconds": 60,
                "paused": json.dumps([{"entity": "note", "key": key} for key in keys(100)]),
                "keys_max": 100,
                "lock_class": 1,
            },
        )
        assert "Index Scan using ledger_due" in text
        assert not scanned_whole(text, TABLES)
        assert "Sort Key: due.next_attempt_at" not in text


async def test_the_keys_of_rows_are_found_by_the_primary_key(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        fill(app)
        rows = [
            {"entity": "note", "lowest": [str(number)], "above": [f"{number}\x01"]}
            for number in range(50)
        ]
        text = await plan(every_database, query("dirty_keys_of"), {"rows": json.dumps(rows)})
        assert "using ledger_pkey" in text
        assert not scanned_whole(text, TABLES)


async def test_fetch_goes_by_primary_keys(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        fill(app)
        records = [
            {"ordinal": ordinal, "key": key, "row_id": key[0]}
            for ordinal, key in enumerate(keys(100))
        ]
        text = await plan(every_database, fetch_statement(NOTES), {"keys": json.dumps(records)})
        for index in ("ledger_pkey", "notes_pkey", "object_pkey"):
            assert f"using {index}" in text
        assert not scanned_whole(text, TABLES)


async def test_a_body_is_read_by_primary_key(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        fill(app)
        text = await plan(every_database, body_statement(NOTES, "content"), {"key": keys(1)[0]})
        assert "using notes_pkey" in text


async def test_ack_goes_by_the_primary_key(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        fill(app)
        outcomes = [
            {"entity": "note", "key": key, "verdict": "delivered", "version": 1}
            for key in keys(100)
        ]
        text = await plan(
            every_database,
            query("ack"),
            {
                "outcomes": json.dumps(outcomes),
                "faults_max": 5,
                "retry_base_seconds": 0.5,
                "retry_max_seconds": 60,
            },
        )
        assert "using ledger_pkey" in text
        assert not scanned_whole(text, TABLES)


async def test_a_trigger_reaches_the_ledger_through_its_primary_key(
    every_database: Database,
) -> None:
    """ON CONFLICT has an arbiter index, or no plan at all."""
    async with captured_notes(every_database) as app:
        fill(app)
        app.execute("SELECT pg_stat_force_next_flush()")
        scans = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'ledger'"
        before = app.execute(scans).fetchone()
        app.execute("UPDATE notes SET title = '.' WHERE id = '7'")
        app.execute("SELECT pg_stat_force_next_flush()")
        assert app.execute(scans).fetchone() == before
