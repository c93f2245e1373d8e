"""The delivery status of rows, on each PostgreSQL: by the ledger, for a page of rows at once."""

from __future__ import annotations

import json
from collections.abc import Sequence

import psycopg

from crossfade.errors import TooLarge
from crossfade.mapping.state import Blame, Delivered, Failed, Key
from crossfade.postgres import FeedOptions, PostgresFeed, PostgresWindows, WindowOptions, open_pool
from crossfade.postgres.ledger.status import delivery_status
from crossfade.postgres.queries import query
from crossfade.relay.status import DeliveryStatus
from support.engines.values import Database
from support.postgres_tables import (
    NOTES,
    add_note,
    captured_notes,
    mark,
    plan,
    scanned_whole,
    touch,
)

ONCE = FeedOptions(grace_seconds=0, faults_max=1)


async def where(database: Database, *notes: str) -> Sequence[DeliveryStatus]:
    async with open_pool(database.dsn) as pool:
        return await delivery_status(pool, "note", [[note] for note in notes], 5.0)


async def deliver(database: Database, app: psycopg.Connection, key: Key) -> None:
    async with open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], ONCE)
        await feed.ack([Delivered(key, mark(app, key).version)])


async def test_a_row_is_on_its_way_until_its_newest_change_was_delivered(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        key = add_note(app, "a")
        assert await where(every_database, "a") == (DeliveryStatus.ON_ITS_WAY,)
        await deliver(every_database, app, key)
        assert await where(every_database, "a") == (DeliveryStatus.IN_BOTH_STORES,)
        touch(app, "a")
        assert await where(every_database, "a") == (DeliveryStatus.ON_ITS_WAY,)


async def test_a_moved_row_is_on_its_way_while_its_old_key_is(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        old = add_note(app, "a", folder="f")
        await deliver(every_database, app, old)
        app.execute("UPDATE notes SET folder = 'g' WHERE id = 'a'")
        new = Key("note", ("a", "g", None))
        await deliver(every_database, app, new)
        assert await where(every_database, "a") == (DeliveryStatus.ON_ITS_WAY,)
        await deliver(every_database, app, old)
        assert await where(every_database, "a") == (DeliveryStatus.IN_BOTH_STORES,)


async def test_a_parked_row_says_so_until_it_is_changed(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        key = add_note(app, "a")
        async with open_pool(every_database.dsn) as pool:
            feed = PostgresFeed(pool, ["note"], ONCE)
            await feed.ack([Failed(key, TooLarge, "500 KB", Blame.RECORD, 1)])
        assert await where(every_database, "a") == (DeliveryStatus.PARKED,)


async def test_a_page_is_answered_in_the_order_asked(every_database: Database) -> None:
    """Ids with a common beginning are distinguished; one row may be asked for twice."""
    async with captured_notes(every_database) as app:
        key = add_note(app, "a")
        add_note(app, "ab")
        add_note(app, "a\x02")
        await deliver(every_database, app, key)
        assert await where(every_database, "ab", "a", "nothing", "a", "a\x02") == (
            DeliveryStatus.ON_ITS_WAY,
            DeliveryStatus.IN_BOTH_STORES,
            DeliveryStatus.NOT_CAPTURED,
            DeliveryStatus.IN_BOTH_STORES,
            DeliveryStatus.ON_ITS_WAY,
        )
        assert await where(every_database) == ()


async def test_a_row_of_before_the_capture_is_in_both_stores_after_the_backfill(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        add_note(app, "a")
        app.execute("DELETE FROM crossfade.ledger")
        assert await where(every_database, "a") == (DeliveryStatus.NOT_CAPTURED,)
        async with open_pool(every_database.dsn) as pool:
            await PostgresWindows(pool, [NOTES], WindowOptions()).plan()
        assert await where(every_database, "a") == (DeliveryStatus.NOT_CAPTURED,)
        app.execute("UPDATE crossfade.backfill_window SET is_done = true")
        assert await where(every_database, "a") == (DeliveryStatus.IN_BOTH_STORES,)
        # Planned for a capture of before: rows may have changed in between.
        app.execute("UPDATE crossfade.mapping SET activated_xid = '1'")
        assert await where(every_database, "a") == (DeliveryStatus.NOT_CAPTURED,)


async def test_nothing_is_captured_where_nothing_is_installed(every_database: Database) -> None:
    assert await where(every_database, "a", "b") == (DeliveryStatus.NOT_CAPTURED,) * 2


async def test_a_page_of_rows_is_found_by_the_primary_key(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        app.execute(
            "INSERT INTO notes (id, owner, folder) "
            "SELECT i::text, 'o', 'f' FROM generate_series(1, 20000) AS i"
        )
        app.execute("VACUUM ANALYZE")
        rows = [
            {"ordinal": number, "lowest": [str(number)], "above": [f"{number}\x01"]}
            for number in range(50)
        ]
        asked = {"entity": "note", "rows": json.dumps(rows)}
        text = await plan(every_database, query("delivery_status"), asked)
        assert "using ledger_pkey" in text
        assert not scanned_whole(text, ("ledger", "notes"))
