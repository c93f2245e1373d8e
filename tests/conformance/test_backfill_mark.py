"""Marking keys: they become dirty and due, under a version above all that their item can have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from crossfade.errors import TooLarge
from crossfade.mapping.state import Blame, Delivered, Failed
from crossfade.postgres import PostgresFeed, open_pool
from support.engines.values import Database
from support.postgres_tables import AT_ONCE, Mark, add_note, captured_notes, mark, note_key, touch


@asynccontextmanager
async def a_feed(database: Database) -> AsyncIterator[tuple[psycopg.Connection, PostgresFeed]]:
    """The application's connection, and a relay's feed."""
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        yield app, feed
        await feed.aclose()


async def test_a_key_without_a_ledger_row_is_entered(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key, other = note_key("n", folder="f"), note_key("m", owner="o")
        assert await feed.mark([(key, 0), (other, 41)]) == ()
        assert mark(app, key) == Mark(1, 0, is_dirty=True)
        assert mark(app, other) == Mark(42, 0, is_dirty=True)
        assert await feed.due(10) == [key, other]


async def test_a_clean_key_is_dirty_above_both_versions(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key, other = add_note(app, "n"), add_note(app, "m")
        await feed.ack([Delivered(key, 1), Delivered(other, 1)])
        await feed.mark([(key, 0), (other, 7)])
        assert mark(app, key) == Mark(2, 1, is_dirty=True)
        assert mark(app, other) == Mark(8, 1, is_dirty=True)


async def test_a_parked_key_gets_a_fresh_chance(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        for attempt in range(1, AT_ONCE.faults_max + 1):
            await feed.ack([Failed(key, TooLarge, "too large", Blame.RECORD, attempt)])
        assert mark(app, key).parked_reason
        await feed.mark([(key, 0)])
        assert mark(app, key) == Mark(2, 0, is_dirty=True)
        assert await feed.due(10) == [key]


async def test_a_dirty_key_keeps_the_age_of_its_change(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        app.execute("UPDATE crossfade.ledger SET dirty_since = to_timestamp(1000)")
        await feed.mark([(key, 0)])
        dated = app.execute("SELECT extract(epoch FROM dirty_since)::int FROM crossfade.ledger")
        assert dated.fetchone() == (1000,)


async def test_a_key_that_a_writer_holds_is_returned_and_the_others_are_marked(
    every_database: Database,
) -> None:
    async with a_feed(every_database) as (app, feed):
        held, free = add_note(app, "held"), add_note(app, "free")
        with app.transaction():
            touch(app, "held")
            assert await feed.mark([(held, 9), (free, 9)]) == (held,)
        assert mark(app, held) == Mark(2, 0, is_dirty=True)
        assert mark(app, free) == Mark(10, 0, is_dirty=True)


async def test_marks_and_writers_never_end_in_a_deadlock(every_database: Database) -> None:
    """A writer takes the keys in the other order, and waits for one while it holds the other."""
    async with a_feed(every_database) as (app, feed):
        keys = [add_note(app, "a"), add_note(app, "b")]
        with app.transaction():
            touch(app, "b")
            marking = asyncio.create_task(feed.mark([(key, 0) for key in keys]))
            await asyncio.to_thread(_until_someone_waits, every_database)
            touch(app, "a")
        await marking
        assert mark(app, keys[0]).version == 3


def _until_someone_waits(database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for _ in range(2000):
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()
            if row and row[0]:
                return
    raise AssertionError("nobody waited")
