"""What the ledger makes of each outcome of a delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest

from crossfade.errors import TooLarge
from crossfade.mapping.state import (
    AckReport,
    Blame,
    Conflicting,
    Delivered,
    Failed,
    Key,
    Moved,
    Outcome,
    Postponed,
    Superseded,
)
from crossfade.postgres import FeedOptions, PostgresFeed, open_pool
from support.engines.values import Database
from support.postgres_tables import (
    AT_ONCE,
    Mark,
    add_note,
    captured_notes,
    mark,
    marks,
    note_key,
    touch,
)


@asynccontextmanager
async def a_feed(
    database: Database, options: FeedOptions = AT_ONCE
) -> AsyncIterator[tuple[psycopg.Connection, PostgresFeed]]:
    """The application's connection, and a relay's feed."""
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], options)
        yield app, feed
        await feed.aclose()


def failed(key: Key, attempt: int, blame: Blame = Blame.STORE) -> Failed:
    """A failure of a delivery."""
    return Failed(key, TooLarge, "the item has 500000 bytes", blame, attempt)


async def test_a_delivered_key_is_clean(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        assert await feed.ack([Delivered(key, 1)]) == AckReport()
        assert mark(app, key) == Mark(1, 1, is_dirty=False)
        assert await feed.due(10) == []


async def test_an_acknowledgement_never_erases_a_newer_change(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        touch(app, "n")
        await feed.ack([Delivered(key, 1)])
        assert mark(app, key) == Mark(2, 1, is_dirty=True)
        assert await feed.due(10) == [key]


async def test_late_and_repeated_acknowledgements_change_nothing(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        touch(app, "n", times=2)
        await feed.ack([Delivered(key, 3)])
        await feed.ack([Delivered(key, 1)])
        await feed.ack([Superseded(key, 2, found=3)])
        assert mark(app, key) == Mark(3, 3, is_dirty=False)


async def test_a_superseded_key_is_clean(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        touch(app, "n", times=4)
        await feed.ack([Superseded(key, 5, found=5)])
        assert mark(app, key) == Mark(5, 5, is_dirty=False)


@pytest.mark.parametrize(
    "outcome",
    [
        Superseded(note_key("n", folder="f"), 1, found=50),
        Delivered(note_key("n", folder="f"), 50),
        Conflicting(note_key("n", folder="f"), 50),
    ],
    ids=lambda outcome: type(outcome).__name__.lower(),
)
async def test_a_target_ahead_of_a_lost_ledger_raises_it(
    every_database: Database, outcome: Outcome
) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        assert await feed.ack([outcome]) == AckReport(raised=(key,))
        assert mark(app, key) == Mark(51, 0, is_dirty=True)
        assert await feed.due(10) == [key]


async def test_a_clean_key_is_raised_and_dirty_again(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        await feed.ack([Delivered(key, 1)])
        await feed.ack([Superseded(key, 1, found=7)])
        assert mark(app, key) == Mark(8, 1, is_dirty=True)


async def test_a_conflicting_item_is_written_over(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        assert await feed.ack([Conflicting(key, 1)]) == AckReport(raised=(key,))
        assert mark(app, key) == Mark(2, 0, is_dirty=True)


async def test_a_key_that_the_ledger_lost_is_left_to_its_next_write(
    every_database: Database,
) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        app.execute("DELETE FROM crossfade.ledger")
        assert await feed.ack([Delivered(key, 1)]) == AckReport()
        assert marks(app) == {}


async def test_a_moved_key_is_due_at_once_and_counts_no_attempt(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        await feed.ack([Moved(key)])
        assert mark(app, key) == Mark(1, 0, is_dirty=True)
        assert await feed.due(10) == [key]


async def test_a_postponed_key_waits_and_counts_no_attempt(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key, other = add_note(app, "n"), add_note(app, "m")
        await feed.ack([Postponed(key, 30)])
        assert mark(app, key) == Mark(1, 0, is_dirty=True)
        assert await feed.due(10) == [other]
        seconds = seconds_until_due(app, key)
        assert 25 < seconds <= 30


def seconds_until_due(connection: psycopg.Connection, key: Key) -> float:
    """How long a key still waits."""
    row = connection.execute(
        "SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 "
        "FROM crossfade.ledger WHERE key = %s",
        (list(key.parts),),
    ).fetchone()
    assert row
    return float(row[0])


async def test_a_failed_key_waits_up_to_a_doubling_bound(every_database: Database) -> None:
    options = replace(AT_ONCE, retry_base_seconds=100, retry_max_seconds=350)
    async with a_feed(every_database, options) as (app, feed):
        keys = [add_note(app, str(number)) for number in range(40)]
        longest = []
        for attempt in range(1, 5):
            await feed.ack([failed(key, attempt) for key in keys])
            waits = [seconds_until_due(app, key) for key in keys]
            assert len(set(waits)) == len(keys)
            longest.append(max(waits))
        assert {mark(app, key) for key in keys} == {Mark(1, 0, is_dirty=True, attempts=4)}
        assert longest[0] <= 100 < longest[1] <= 200 < longest[2] <= 350
        assert longest[3] <= 350


async def test_a_failure_counts_once_when_reported_twice(every_database: Database) -> None:
    """The relay and the fast path may fail side by side."""
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        await feed.ack([failed(key, 1, Blame.RECORD)])
        await feed.ack([failed(key, 1, Blame.RECORD)])
        assert mark(app, key) == Mark(1, 0, is_dirty=True, attempts=1, faults=1)


async def test_a_failure_of_an_older_state_does_not_count(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        await feed.ack([failed(key, 1, Blame.RECORD)])
        touch(app, "n")
        await feed.ack([failed(key, 2, Blame.RECORD)])
        assert mark(app, key) == Mark(2, 0, is_dirty=True)


async def test_a_failure_of_a_clean_key_does_not_count(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        await feed.ack([Delivered(key, 1)])
        await feed.ack([failed(key, 1)])
        assert mark(app, key) == Mark(1, 1, is_dirty=False)


async def test_a_key_is_parked_for_its_own_faults_only(every_database: Database) -> None:
    async with a_feed(every_database, replace(AT_ONCE, faults_max=2)) as (app, feed):
        poison, unlucky = add_note(app, "poison"), add_note(app, "unlucky")
        for attempt in range(1, 6):
            await feed.ack([failed(unlucky, attempt, Blame.STORE)])
        assert await feed.ack([failed(poison, 1, Blame.RECORD)]) == AckReport()
        assert await feed.ack([failed(poison, 2, Blame.STORE)]) == AckReport()
        assert await feed.ack([failed(poison, 3, Blame.RECORD)]) == AckReport(parked=(poison,))
        assert mark(app, unlucky).parked_reason is None
        assert mark(app, poison) == Mark(
            version=1,
            acked=0,
            is_dirty=True,
            attempts=3,
            faults=2,
            parked_reason="TooLarge: the item has 500000 bytes",
        )


async def test_a_delivery_ends_failures_and_parking(every_database: Database) -> None:
    async with a_feed(every_database, replace(AT_ONCE, faults_max=1)) as (app, feed):
        key = add_note(app, "n")
        await feed.ack([failed(key, 1, Blame.RECORD)])
        await feed.ack([Delivered(key, 1)])
        assert mark(app, key) == Mark(1, 1, is_dirty=False)


async def test_a_partial_acknowledgement_makes_a_failing_key_due(every_database: Database) -> None:
    options = replace(AT_ONCE, retry_base_seconds=1000, retry_max_seconds=1000)
    async with a_feed(every_database, options) as (app, feed):
        key = add_note(app, "n")
        app.execute("UPDATE crossfade.ledger SET version = 2")
        await feed.ack([failed(key, 1)])
        await feed.ack([Delivered(key, 1)])
        assert mark(app, key) == Mark(2, 1, is_dirty=True)
        assert await feed.due(10) == [key]


async def test_what_stays_dirty_is_dated_by_the_read(every_database: Database) -> None:
    """The age of a key that is written all the time is not the age of its first write."""
    async with a_feed(every_database) as (app, feed):
        key = add_note(app, "n")
        touch(app, "n")
        app.execute("UPDATE crossfade.ledger SET dirty_since = to_timestamp(1000)")
        await feed.ack([Delivered(key, 1, read_at=2000.5)])
        dated = app.execute("SELECT extract(epoch FROM dirty_since)::float8 FROM crossfade.ledger")
        assert dated.fetchone() == (2000.5,)


async def test_one_acknowledgement_takes_outcomes_of_every_kind(every_database: Database) -> None:
    async with a_feed(every_database, replace(AT_ONCE, faults_max=1)) as (app, feed):
        keys = [add_note(app, str(number)) for number in range(7)]
        report = await feed.ack(
            [
                failed(keys[6], 1, Blame.RECORD),
                Delivered(keys[5], 1),
                Superseded(keys[4], 1, found=1),
                Superseded(keys[3], 1, found=9),
                Conflicting(keys[2], 1),
                Moved(keys[1]),
                Postponed(keys[0], 5),
            ]
        )
        assert report.parked == (keys[6],)
        assert set(report.raised) == {keys[3], keys[2]}
        dirty = {key for key, found in marks(app).items() if found.is_dirty}
        assert dirty == {keys[0], keys[1], keys[2], keys[3], keys[6]}


async def test_keys_hold_any_text(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        odd = "\x01 \"{},\\'NULL ÿ😀\n"
        key = add_note(app, odd, folder=odd)
        other = add_note(app, "NULL", folder=None, owner="NULL")
        assert set(await feed.due(10)) == {key, other}
        await feed.ack([Delivered(key, 1), Delivered(other, 1)])
        assert await feed.due(10) == []


async def test_a_repeated_acknowledgement_writes_nothing(every_database: Database) -> None:
    async with a_feed(every_database) as (app, feed):
        keys = [add_note(app, str(number)) for number in range(3)]
        await feed.ack([Delivered(key, 1) for key in keys])
        tuples = "SELECT ctid, xmin FROM crossfade.ledger ORDER BY key"
        before = app.execute(tuples).fetchall()
        await feed.ack([Delivered(key, 1) for key in keys])
        assert app.execute(tuples).fetchall() == before
