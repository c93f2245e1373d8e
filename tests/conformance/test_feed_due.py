"""Which keys are due, and for which relay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import psycopg
import pytest

from crossfade.errors import ConfigurationError, NoSuchStore, Unavailable
from crossfade.mapping.state import Delivered, Key, Row
from crossfade.postgres import PostgresFeed, open_pool, uninstall
from support.engines.values import Database
from support.postgres_tables import AT_ONCE, Mark, add_note, captured_notes, mark, note_key, touch


async def test_the_oldest_keys_come_first_and_no_more_than_asked(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        keys = [add_note(app, str(9 - number)) for number in range(5)]
        assert await feed.due(3) == keys[:3]
        assert await feed.due(100) == keys
        await feed.aclose()


async def test_asking_takes_nothing(every_database: Database) -> None:
    """No claim: what a relay received and did not acknowledge is due again."""
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        key = add_note(app, "n")
        assert await feed.due(1) == await feed.due(1) == [key]
        await feed.aclose()


async def test_a_young_key_is_left_to_the_fast_path(database: Database) -> None:
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], replace(AT_ONCE, grace_seconds=60))
        key = add_note(app, "n")
        assert await feed.due(1) == []
        app.execute("UPDATE crossfade.ledger SET next_attempt_at = now() - interval '61 s'")
        assert await feed.due(1) == [key]
        await feed.aclose()


async def test_a_parked_key_is_not_due(database: Database) -> None:
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        parked, other = add_note(app, "parked"), add_note(app, "other")
        app.execute(
            "UPDATE crossfade.ledger SET parked_reason = 'r', attempts = 1 WHERE key[1] = 'parked'"
        )
        assert await feed.due(10) == [other]
        assert await feed.dirty_keys_of([Row("note", ("parked",))]) == []
        touch(app, "parked")
        assert set(await feed.due(10)) == {other, parked}
        await feed.aclose()


async def test_keys_of_mappings_that_this_process_does_not_know_are_not_due(
    database: Database,
) -> None:
    """During a deployment old and new processes run side by side."""
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["older"], AT_ONCE)
        add_note(app, "n")
        assert await feed.due(10) == []
        await feed.aclose()


async def test_the_dirty_keys_of_rows_are_found_by_primary_key(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        old = add_note(app, "n", folder="a")
        app.execute("UPDATE notes SET folder = NULL")
        neighbours = [
            add_note(app, note) for note in ("m", "n\x01", "n\x02", "n ", "na", "n-", "o")
        ]
        new = note_key("n", owner="o")
        assert set(await feed.dirty_keys_of([Row("note", ("n",))])) == {old, new}
        both = await feed.dirty_keys_of([Row("note", ("n",)), Row("note", ("n\x01",))])
        assert set(both) == {old, new, neighbours[1]}
        await feed.ack([Delivered(old, 2)])
        assert await feed.dirty_keys_of([Row("note", ("n",))]) == [new]
        assert await feed.dirty_keys_of([]) == []
        assert await feed.dirty_keys_of([Row("other", ("n",))]) == []


async def test_relays_share_the_keys_without_overlap(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        keys = [add_note(app, str(number)) for number in range(300)]
        feeds = [PostgresFeed(pool, ["note"], AT_ONCE) for _ in range(3)]
        assert len(await feeds[0].due(1000)) == 300
        for feed in feeds:
            await feed.due(1)
        shares = [await feed.due(1000) for feed in feeds]
        assert Counter(key for share in shares for key in share) == Counter(keys)
        assert min(map(len, shares)) > 50
        for feed in feeds:
            await feed.aclose()


async def test_the_share_of_a_relay_that_died_goes_to_the_others(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        keys = [add_note(app, str(number)) for number in range(50)]
        feeds = [PostgresFeed(pool, ["note"], AT_ONCE) for _ in range(2)]
        for feed in feeds:
            await feed.due(1)
        assert len(await feeds[1].due(1000)) < 50
        app.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            "WHERE locktype = 'advisory' AND objid = 0"
        )
        assert set(await feeds[1].due(1000)) == set(keys)
        with pytest.raises(Unavailable):
            await feeds[0].due(1000)
        shares = await feeds[0].due(1000), await feeds[1].due(1000)
        assert Counter(shares[0]) + Counter(shares[1]) == Counter(keys)
        for feed in feeds:
            await feed.aclose()


async def test_the_share_of_a_relay_that_hangs_goes_to_the_others(database: Database) -> None:
    """Its connection is open, and it no longer asks."""
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        keys = [add_note(app, str(number)) for number in range(50)]
        hung = PostgresFeed(pool, ["note"], AT_ONCE)
        await hung.due(1)
        patient = PostgresFeed(pool, ["note"], AT_ONCE)
        assert len(await patient.due(1000)) < 50
        impatient = PostgresFeed(pool, ["note"], replace(AT_ONCE, silent_seconds=0))
        assert set(await impatient.due(1000)) == set(keys)
        for feed in (hung, patient, impatient):
            await feed.aclose()


async def test_there_are_as_many_relays_as_allowed(database: Database) -> None:
    async with captured_notes(database), open_pool(database.dsn) as pool:
        first, second = (
            PostgresFeed(pool, ["note"], replace(AT_ONCE, relays_max=1)) for _ in range(2)
        )
        await first.due(1)
        with pytest.raises(ConfigurationError, match="1 relays run"):
            await second.due(1)
        await first.aclose()
        assert await second.due(1) == []
        await second.aclose()


async def test_relays_of_other_databases_take_no_share(
    database: Database, every_database: Database
) -> None:
    """Advisory locks are seen across databases."""
    async with (
        captured_notes(database) as app,
        captured_notes(every_database),
        open_pool(database.dsn) as pool,
        open_pool(every_database.dsn) as other_pool,
    ):
        here = PostgresFeed(pool, ["note"], AT_ONCE)
        there = PostgresFeed(other_pool, ["note"], AT_ONCE)
        await there.due(1)
        keys = [add_note(app, str(number)) for number in range(20)]
        assert await here.due(100) == keys
        await here.aclose()
        await there.aclose()


async def test_a_long_transaction_stalls_no_other_key(every_database: Database) -> None:
    """Keys that it holds are tried, found locked, and then give way to the others."""
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], replace(AT_ONCE, locked_base_seconds=3600))
        held = [add_note(app, f"held-{number}") for number in range(10)]
        free = [add_note(app, f"free-{number}") for number in range(10)]
        with psycopg.connect(every_database.dsn) as slow:
            slow.execute("UPDATE notes SET title = 'slow' WHERE id LIKE 'held%'")
            assert await feed.due(10) == held
            await feed.ack([Delivered(key, 1) for key in held])
            assert mark(app, held[0]) == Mark(1, 0, is_dirty=True)
            assert await feed.due(10) == free
            await feed.ack([Delivered(key, 1) for key in free])
            assert mark(app, free[0]) == Mark(1, 1, is_dirty=False)
        found = await feed.dirty_keys_of([Row("note", (f"held-{number}",)) for number in range(10)])
        assert set(found) == set(held)
        await feed.ack([Delivered(key, 2) for key in held])
        assert await feed.due(10) == []
        await feed.aclose()


async def test_without_an_installation_the_error_says_so(database: Database) -> None:
    async with open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"])
        with pytest.raises(NoSuchStore, match="ledger"):
            await feed.due(1)
        await feed.aclose()


async def test_a_ledger_that_was_dropped_and_made_anew_starts_from_one(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        touched = add_note(app, "n")
        touch(app, "n", times=5)
        await uninstall(every_database.dsn, force=True)
        app.execute("DROP TABLE notes")
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        assert await feed.due(1) == []
        add_note(app, "n")
        assert await feed.due(1) == [Key("note", touched.parts)]
        assert mark(app, touched).version == 1
        await feed.aclose()
