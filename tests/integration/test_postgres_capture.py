"""Every committed write marks its key, by any statement; nothing else does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.mapping import Column, Mapping, Rule
from crossfade.mapping.state import Key
from crossfade.postgres import install, status
from support.engines.values import Database
from support.postgres_tables import (
    NOTES,
    Mark,
    add_note,
    captured_notes,
    mark,
    marks,
    note_key,
    shape,
    touch,
    versions,
)


async def test_insert_update_and_delete_each_raise_the_version(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        key = add_note(app, "n")
        touch(app, "n", times=2)
        app.execute("DELETE FROM notes")
        assert versions(app) == {key: 4}


async def test_the_version_continues_after_deletion_and_insertion(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        for _ in range(3):
            key = add_note(app, "n")
            app.execute("DELETE FROM notes")
        assert versions(app) == {key: 6}


async def test_a_moved_row_marks_the_key_it_left_and_the_one_it_has(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        old = add_note(app, "n", folder="a")
        app.execute("UPDATE notes SET folder = 'b'")
        assert versions(app) == {old: 2, note_key("n", folder="b"): 1}


async def test_a_changed_primary_key_marks_both_keys(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        old = add_note(app, "n", folder="a")
        app.execute("UPDATE notes SET id = 'm'")
        assert versions(app) == {old: 2, note_key("m", folder="a"): 1}


async def test_a_column_without_part_in_the_items_key_has_none_in_the_ledgers(
    every_database: Database,
) -> None:
    """The owner of a filed note may change without a move; that of a loose one may not."""
    async with captured_notes(every_database) as app:
        filed = add_note(app, "filed", folder="f", owner="o")
        loose = add_note(app, "loose", folder=None, owner="o")
        app.execute("UPDATE notes SET owner = 'p'")
        assert versions(app) == {filed: 2, loose: 2, note_key("loose", owner="p"): 1}


async def test_what_is_rolled_back_leaves_no_mark(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        with app.transaction(force_rollback=True):
            add_note(app, "gone")
        with app.transaction():
            kept = add_note(app, "kept")
            with app.transaction(force_rollback=True):
                touch(app, "kept")
                add_note(app, "undone")
        assert versions(app) == {kept: 1}


async def test_bulk_statements_mark_every_row(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        app.execute(
            "INSERT INTO notes (id, owner, folder) SELECT i::text, 'o', 'f' "
            "FROM generate_series(1, 1000) AS i"
        )
        app.execute("UPDATE notes SET title = 'all'")
        app.execute("DELETE FROM notes WHERE id::int <= 400")
        counted = list(versions(app).values())
        assert (counted.count(3), counted.count(2), len(counted)) == (400, 600, 1000)


async def test_copy_marks_every_row(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        with app.cursor().copy("COPY notes (id, owner) FROM STDIN") as copy:
            for number in range(5):
                copy.write_row((str(number), "o"))
        assert set(versions(app)) == {note_key(str(number), owner="o") for number in range(5)}


async def test_on_conflict_marks_what_it_did(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        key = add_note(app, "n")
        insert = "INSERT INTO notes (id, owner, folder) VALUES ('n', 'o', 'f') ON CONFLICT (id) "
        app.execute(insert + "DO NOTHING")
        assert versions(app) == {key: 1}
        app.execute(insert + "DO UPDATE SET title = 'again'")
        assert versions(app) == {key: 2}


async def test_merge_marks_each_of_its_actions(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        updated, deleted = add_note(app, "updated"), add_note(app, "deleted")
        app.execute(
            "MERGE INTO notes USING (VALUES ('updated'), ('deleted'), ('added')) AS given(id) "
            "ON notes.id = given.id "
            "WHEN MATCHED AND given.id = 'deleted' THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET title = 'merged' "
            "WHEN NOT MATCHED THEN INSERT (id, owner) VALUES (given.id, 'o')"
        )
        assert versions(app) == {updated: 2, deleted: 2, note_key("added", owner="o"): 1}


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
async def test_referential_actions_mark_the_rows_they_reach(
    every_database: Database, action: str
) -> None:
    async with captured_notes(every_database) as app:
        app.execute("CREATE TABLE folders (id text PRIMARY KEY)")
        app.execute("INSERT INTO folders VALUES ('f')")
        app.execute(
            "ALTER TABLE notes ADD FOREIGN KEY (folder) REFERENCES folders "
            f"ON DELETE {action} ON UPDATE CASCADE"
        )
        key = add_note(app, "n", folder="f")
        app.execute("UPDATE folders SET id = 'g'")
        moved = note_key("n", folder="g")
        assert versions(app) == {key: 2, moved: 1}
        app.execute("DELETE FROM folders")
        loose = {note_key("n", owner="o"): 1} if action == "SET NULL" else {}
        assert versions(app) == {key: 2, moved: 2} | loose


async def test_writes_under_the_replica_role_are_captured(every_database: Database) -> None:
    """Restores and replication run with session_replication_role = replica."""
    async with captured_notes(every_database) as app:
        app.execute("SET session_replication_role = replica")
        key = add_note(app, "n")
        assert versions(app) == {key: 1}
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            app.execute("TRUNCATE notes")


async def test_truncate_is_refused_with_a_way_out(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        add_note(app, "n")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="TRUNCATE") as refused:
            app.execute("TRUNCATE notes")
        assert "Use DELETE" in str(refused.value.diag.message_hint)
        assert app.execute("SELECT count(*) FROM notes").fetchone() == (1,)


async def test_a_partitioned_table_is_captured_through_root_and_partitions(
    every_database: Database,
) -> None:
    mapping = Mapping(
        "event",
        "public.events",
        ("day", "id"),
        (Column("day", "date", required=True), Column("id", "integer", required=True)),
        (shape("Event", "DAY#${day}", "EVENT#${id}"),),
        "events",
    )
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute(
            "CREATE TABLE events (day date, id int, PRIMARY KEY (day, id)) PARTITION BY RANGE (day)"
        )
        app.execute(
            "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') "
            "TO ('2026-02-01')"
        )
        await install(every_database.dsn, [mapping])
        app.execute(
            "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') "
            "TO ('2026-03-01')"
        )
        app.execute("INSERT INTO events VALUES ('2026-01-05', 1)")
        app.execute("INSERT INTO events_2 VALUES ('2026-02-05', 2)")
        app.execute("UPDATE events SET day = '2026-02-06' WHERE id = 1")
        assert versions(app, "event") == {
            Key("event", ("2026-01-05", "1")): 2,
            Key("event", ("2026-02-05", "2")): 1,
            Key("event", ("2026-02-06", "1")): 1,
        }
        assert (await status(every_database.dsn))[0].uncaptured == ("public.events_2",)
        await install(every_database.dsn, [mapping])
        assert (await status(every_database.dsn))[0].uncaptured == ()
        for table in ("events", "events_1", "events_2"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                app.execute(f"TRUNCATE {table}")


async def test_keys_do_not_depend_on_the_sessions_settings(every_database: Database) -> None:
    columns = {
        "at": "timestamp with time zone",
        "day": "date",
        "flag": "boolean",
        "host": "inet",
        "code": "character(4)",
    }
    rules = {"host": Rule.TEXT}
    mapping = Mapping(
        "odd",
        "public.odd",
        tuple(columns),
        tuple(
            Column(name, kind, rule=rules.get(name), required=True)
            for name, kind in columns.items()
        ),
        (shape("Odd", "#".join(f"${{{name}}}" for name in columns), "ODD"),),
        "odd",
    )
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        definitions = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        app.execute(f"CREATE TABLE odd ({definitions}, PRIMARY KEY ({', '.join(columns)}))")
        await install(every_database.dsn, [mapping])
        row = "'2026-01-02 03:04:05.6+00', '2026-01-02', true, '10.0.0.1', 'ab'"
        settings = {
            "DateStyle": "German",
            "TimeZone": "Asia/Kolkata",
        }
        app.execute(f"INSERT INTO odd VALUES ({row})")
        for name, value in settings.items():
            app.execute(f"SET {name} = '{value}'")
        app.execute("DELETE FROM odd")
        app.execute(f"INSERT INTO odd VALUES ({row})")
        parts = ("2026-01-02 03:04:05.6+00", "2026-01-02", "t", "10.0.0.1", "ab  ")
        assert versions(app, "odd") == {Key("odd", parts): 3}


async def test_names_may_need_quotes(every_database: Database) -> None:
    mapping = Mapping(
        "odd-name",
        'public.Select "all" 100%',
        ("Id%",),
        (
            Column("Id%", "integer", attribute="id", required=True),
            Column('from "x"', "text", attribute="origin"),
        ),
        (shape("Odd", "ODD#${id}", "ODD"),),
        "odd",
    )
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute('CREATE TABLE "Select ""all"" 100%" ("Id%" int PRIMARY KEY, "from ""x""" text)')
        await install(every_database.dsn, [mapping])
        app.execute('INSERT INTO "Select ""all"" 100%" VALUES (7)')
        assert versions(app, "odd-name") == {Key("odd-name", ("7",)): 1}


async def test_concurrent_writers_never_lose_a_version(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        keys = [add_note(app, str(number)) for number in range(3)]

        def write(writer: int) -> None:
            with psycopg.connect(every_database.dsn, autocommit=True) as connection:
                for turn in range(40):
                    touch(connection, str((writer + turn) % 3))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(write, range(6)))
        assert versions(app) == dict.fromkeys(keys, 1 + 80)


async def test_deletion_and_insertion_race_without_going_back(every_database: Database) -> None:
    """An insertion waits for the deletion before it, so its version is the higher one."""
    async with captured_notes(every_database) as app:
        key = add_note(app, "n")
        with (
            ThreadPoolExecutor(1) as pool,
            psycopg.connect(every_database.dsn) as deleter,
            psycopg.connect(every_database.dsn, autocommit=True) as inserter,
        ):
            deleter.execute("DELETE FROM notes WHERE id = 'n'")
            inserted = pool.submit(add_note, inserter, "n")
            wait_until_blocked(app, inserter.info.backend_pid)
            assert versions(app) == {key: 1}
            deleter.commit()
            inserted.result()
        assert versions(app) == {key: 3}


def wait_until_blocked(connection: psycopg.Connection, pid: int) -> None:
    """Wait until another session waits for a lock."""
    for _ in range(2000):
        blocked = connection.execute(
            "SELECT cardinality(pg_blocking_pids(%s)), pg_sleep(0.005)", (pid,)
        ).fetchone()
        if blocked and blocked[0]:
            return
    pytest.fail("the session never waited")


async def test_a_repeated_write_to_a_dirty_key_stays_within_its_page(
    every_database: Database,
) -> None:
    """Heap-only updates: no index entry is added while a key stays dirty."""
    async with captured_notes(every_database) as app:
        add_note(app, "n")
        touch(app, "n", times=50)
        assert updates(app) == (50, 50)


async def test_pages_of_the_ledger_have_room_for_writes_to_many_dirty_keys(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        app.execute(
            "INSERT INTO notes (id, owner, folder) "
            "SELECT 'n' || n, 'o', 'f' FROM generate_series(1, 1000) AS n"
        )
        app.execute("UPDATE notes SET title = 'x' WHERE id LIKE '%0'")
        assert updates(app) == (100, 100)


def updates(app: psycopg.Connection) -> tuple[int, ...] | None:
    """How many rows of the ledger were updated, and how many of them within their page."""
    app.execute("SELECT pg_stat_force_next_flush()")
    return app.execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'ledger'"
    ).fetchone()


async def test_a_write_gives_a_parked_or_failing_key_a_fresh_chance(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        key = add_note(app, "n")
        app.execute(
            "UPDATE crossfade.ledger SET attempts = 4, faults = 3, parked_reason = 'too large', "
            "next_attempt_at = now() + interval '1 day'"
        )
        touch(app, "n")
        assert mark(app, key) == Mark(2, 0, is_dirty=True)
        due = app.execute("SELECT next_attempt_at <= clock_timestamp() FROM crossfade.ledger")
        assert due.fetchone() == (True,)


async def test_dirty_since_is_when_the_key_became_dirty(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        add_note(app, "n")
        first = app.execute("SELECT dirty_since FROM crossfade.ledger").fetchone()
        touch(app, "n")
        assert app.execute("SELECT dirty_since FROM crossfade.ledger").fetchone() == first


async def test_a_repeatable_read_transaction_that_is_retried_is_captured_once(
    every_database: Database,
) -> None:
    """It may lose to an acknowledgement, as it may lose to any other writer of its rows."""
    async with captured_notes(every_database) as app:
        key = add_note(app, "n")
        with psycopg.connect(every_database.dsn) as careful:
            careful.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            careful.execute("SELECT 1")
            app.execute("UPDATE crossfade.ledger SET acked = version, dirty_since = NULL")
            with pytest.raises(psycopg.errors.SerializationFailure):
                touch(careful, "n")
            careful.rollback()
            touch(careful, "n")
        assert mark(app, key) == Mark(2, 1, is_dirty=True)


async def test_a_hole_in_the_mapping_is_found_before_anything_is_captured(
    database: Database,
) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as app:
        app.execute("CREATE TABLE notes (id text PRIMARY KEY)")
        with pytest.raises(ConfigurationError, match="owner does not exist"):
            await install(database.dsn, [NOTES])
        assert app.execute("SELECT to_regnamespace('crossfade') IS NULL").fetchone() == (True,)


async def test_other_tables_are_not_captured(database: Database) -> None:
    async with captured_notes(database) as app:
        app.execute("CREATE TABLE other (id int)")
        app.execute("INSERT INTO other VALUES (1)")
        assert marks(app) == {}
