"""The statements of verification read no table whole except the one they page through."""

from __future__ import annotations

from crossfade.mapping.state import Delivered
from crossfade.postgres import PostgresFeed, open_pool
from crossfade.postgres.parity.scan import key_status_statement, page_statement
from crossfade.postgres.queries import query
from support.engines.values import Database
from support.postgres_tables import AT_ONCE, NOTES, add_note, captured_notes, plan, scanned_whole

KEYS = '[{"ordinal": 0, "key": ["a", "f", null]}]'


async def test_pages_follow_the_primary_key(database: Database) -> None:
    async with captured_notes(database):
        page = page_statement(NOTES, has_last=True)
        steps = await plan(database, page, {"last_key": ["a"], "rows_max": 10})
        assert "Index Scan using notes_pkey" in steps
        assert "Sort" not in steps.replace("Sort Key", "")


async def test_key_statuses_are_read_by_primary_key(database: Database) -> None:
    async with captured_notes(database):
        steps = await plan(database, key_status_statement(NOTES), {"keys": KEYS})
        assert scanned_whole(steps, ["ledger", "notes"]) == []


async def test_unverified_keys_come_from_their_index(database: Database) -> None:
    async with captured_notes(database):
        steps = await plan(database, query("unverified"), {"entities": ["note"], "keys_max": 10})
        assert "ledger_unverified" in steps


async def test_the_watermarks_come_from_indexes(database: Database) -> None:
    async with captured_notes(database):
        steps = await plan(database, query("watermarks"), {"entities": ["note"]})
        assert "ledger_due" in steps
        assert "ledger_unverified" in steps
        assert "ledger_pkey" not in steps


async def test_writes_to_a_dirty_key_stay_within_their_page(database: Database) -> None:
    """The column of verification changes only with acknowledgements."""
    async with captured_notes(database) as connection, open_pool(database.dsn) as pool:
        key = add_note(connection, "a")
        await PostgresFeed(pool, ["note"], AT_ONCE).ack([Delivered(key, 1)])
        connection.execute("UPDATE notes SET title = 'x'")
        connection.execute("SELECT pg_stat_force_next_flush()")
        for _ in range(5):
            connection.execute("UPDATE notes SET title = title || 'x'")
        connection.execute("SELECT pg_stat_force_next_flush()")
        row = connection.execute(
            "SELECT n_tup_upd - n_tup_hot_upd FROM pg_stat_all_tables "
            "WHERE relid = 'crossfade.ledger'::regclass"
        ).fetchone()
        # The acknowledgement and the write after it change what indexes hold; the others do not.
        assert row is not None
        assert row[0] <= 2
