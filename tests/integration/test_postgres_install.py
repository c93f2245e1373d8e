"""Installing, repairing, upgrading and removing the capture on a database in use."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest

from crossfade.errors import ConfigurationError, Contended, NoSuchStore, UndeliveredChanges
from crossfade.mapping.declaration.mapping import Body, Column, Mapping
from crossfade.postgres import (
    Change,
    InstallOptions,
    install,
    status,
    uninstall,
    unpark,
)
from crossfade.postgres.capture.locking import installer
from support.engines.values import Database
from support.postgres_tables import (
    CREATE_NOTES,
    NOTES,
    Mark,
    add_note,
    captured_notes,
    mark,
    marks,
    shape,
    touch,
)

IMPATIENT = InstallOptions(
    lock_seconds=0.05, attempts_max=2, pause_seconds=0.01, pause_seconds_max=0.01
)


def described(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Everything the catalog says of the application's schema."""
    return connection.execute(
        "SELECT 'column', attrelid::regclass::text, attname::text, atttypid::regtype::text "
        "FROM pg_attribute WHERE attnum > 0 AND attrelid IN "
        "(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) "
        "UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) "
        "FROM pg_trigger "
        "UNION ALL SELECT 'schema', nspname, '', '' FROM pg_namespace "
        "UNION ALL SELECT 'function', proname, prosrc, '' FROM pg_proc WHERE oid >= 16384 "
        "ORDER BY 1, 2, 3, 4"
    ).fetchall()


async def test_installing_again_changes_nothing_and_locks_nothing(
    every_database: Database,
) -> None:
    with psycopg.connect(every_database.dsn) as app:
        app.execute(CREATE_NOTES)
        app.commit()
        assert [one.change for one in await install(every_database.dsn, [NOTES])] == [
            Change.INSTALLED
        ]
        before = await status(every_database.dsn)
        add_note(app, "n")
        [again] = await install(every_database.dsn, [NOTES], IMPATIENT)
        assert again.change is Change.UNCHANGED
        app.commit()
        assert (await status(every_database.dsn))[0].activated_at == before[0].activated_at


async def test_installing_waits_for_the_writers_under_way(every_database: Database) -> None:
    """What they write is theirs; any write after the triggers is captured."""
    with (
        psycopg.connect(every_database.dsn) as writer,
        psycopg.connect(every_database.dsn, autocommit=True) as app,
    ):
        app.execute(CREATE_NOTES)
        add_note(writer, "early")
        async with asyncio.timeout(60):
            with pytest.raises(Contended, match=r"public\.notes: other transactions held it"):
                await install(every_database.dsn, [NOTES], IMPATIENT)
        patient = replace(IMPATIENT, attempts_max=1000)
        installing = asyncio.create_task(install(every_database.dsn, [NOTES], patient))
        await asyncio.sleep(0)
        writer.commit()
        await installing
        late = add_note(app, "late")
        assert marks(app) == {late: Mark(1, 0, is_dirty=True)}


async def test_a_dropped_or_disabled_trigger_is_reported_and_repaired(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app:
        for damage in (
            "DISABLE TRIGGER ALL",
            "DISABLE TRIGGER crossfade_capture_note",
            "ENABLE TRIGGER crossfade_capture_note",
            "DISABLE TRIGGER crossfade_refuse_truncate",
        ):
            before = (await status(every_database.dsn))[0]
            assert before.uncaptured == ()
            app.execute(f"ALTER TABLE notes {damage}")
            assert (await status(every_database.dsn))[0].uncaptured == ("public.notes",)
            [repaired] = await install(every_database.dsn, [NOTES])
            assert repaired.change is Change.REPAIRED
            after = (await status(every_database.dsn))[0]
            assert after.uncaptured == ()
            assert before.activated_at is not None
            assert after.activated_at is not None
            assert after.activated_at > before.activated_at
        app.execute("DROP TRIGGER crossfade_capture_note ON notes")
        assert (await status(every_database.dsn))[0].uncaptured == ("public.notes",)
        app.execute("DROP TABLE notes")
        assert (await status(every_database.dsn))[0].uncaptured == ("public.notes",)


async def test_a_mapping_declared_anew_is_updated(database: Database) -> None:
    async with captured_notes(database) as app:
        add_note(app, "n")
        app.execute("ALTER TABLE notes ADD pinned boolean")
        with pytest.raises(ConfigurationError, match="pinned is not in the mapping"):
            await install(database.dsn, [NOTES])
        wider = replace(NOTES, columns=(*NOTES.columns, Column("pinned", "boolean")), version=2)
        [updated] = await install(database.dsn, [wider], IMPATIENT)
        assert updated.change is Change.UPDATED
        assert (await status(database.dsn))[0].mapping_version == 2


async def test_other_key_columns_need_a_fresh_ledger(database: Database) -> None:
    async with captured_notes(database) as app:
        rekeyed = replace(NOTES, shapes=(shape("Note", "NOTE#${id}", "NOTE"),))
        assert [one.change for one in await install(database.dsn, [rekeyed])] == [Change.UPDATED]
        app.execute("INSERT INTO notes (id, owner) VALUES ('n', 'o')")
        with pytest.raises(ConfigurationError, match="key columns changed"):
            await install(database.dsn, [NOTES])
        touch(app, "n")
        assert [found.version for found in marks(app).values()] == [2]


async def test_two_installers_do_not_meet(database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as app:
        app.execute(CREATE_NOTES)
    results = await asyncio.gather(
        *(install(database.dsn, [NOTES]) for _ in range(4)), return_exceptions=True
    )
    assert {type(result) for result in results} <= {tuple, Contended}
    assert tuple in {type(result) for result in results}
    assert (await status(database.dsn))[0].uncaptured == ()


async def test_an_installer_may_follow_one_that_ends_its_session_slowly(
    every_database: Database,
) -> None:
    """A session ends once its temporary tables are dropped; another one locks this one's."""
    with psycopg.connect(every_database.dsn) as app:
        app.execute(CREATE_NOTES)
        app.commit()
        async with installer(every_database.dsn) as connection:
            await connection.execute("CREATE TEMP TABLE lingering ()")
            cursor = await connection.execute("SELECT pg_my_temp_schema()::regnamespace::text")
            (schema,) = await cursor.fetchone() or (None,)
            app.execute(f"LOCK TABLE {schema}.lingering")
        [installed] = await install(every_database.dsn, [NOTES])
        assert installed.change is Change.INSTALLED


async def test_an_installer_at_work_keeps_others_out(database: Database) -> None:
    async with installer(database.dsn):
        with pytest.raises(Contended, match="another installation is running"):
            await uninstall(database.dsn)
    assert await uninstall(database.dsn) == ()


async def test_each_difference_from_the_catalog_has_a_line(every_database: Database) -> None:
    mapping = Mapping(
        "note",
        "public.notes",
        ("id",),
        (
            Column("id", "integer", required=True),
            Column("title", "character varying(100)", required=True),
            Column("missing", "text"),
        ),
        (shape("Note", "NOTE#${id}", "NOTE"),),
        "notes",
        bodies=(Body("pages", "pagesKey", "pages"), Body("lost", "lostKey", "lost")),
    )
    others = [
        replace(mapping, name="absent", table="public.absent"),
        replace(mapping, name="view", table="public.seen"),
        replace(mapping, name="keyless", table="public.keyless"),
        replace(mapping, name="parent", table="public.parent"),
    ]
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute(
            "CREATE TABLE notes (id text, part int, title varchar(100), pages int, extra text, "
            "PRIMARY KEY (part, id))"
        )
        app.execute("CREATE VIEW seen AS SELECT * FROM notes")
        app.execute("CREATE TABLE keyless (id int NOT NULL)")
        app.execute("CREATE TABLE parent (id int PRIMARY KEY)")
        app.execute("CREATE TABLE child () INHERITS (parent)")
    with pytest.raises(ConfigurationError) as refused:
        await install(every_database.dsn, [mapping, *others])
    lines = str(refused.value).split("\n")
    for expected in (
        "mapping note: public.notes has the primary key (id, part), the mapping says (id)",
        "mapping note: public.notes.id is of type text, the mapping says integer",
        "mapping note: public.notes.title allows NULL; declare it without required",
        "mapping note: public.notes.missing does not exist; remove it from the mapping",
        "mapping note: public.notes.pages is of type integer; a body is of a text or json type",
        "mapping note: public.notes.lost does not exist; remove the body from the mapping",
        "mapping note: public.notes.part is not in the mapping; declare it, or list it in ignored",
        "mapping note: public.notes.extra is not in the mapping; declare it, or list it in ignored",
        "mapping absent: public.absent does not exist; create it, or correct the mapping's table",
        "mapping view: public.seen is a view or a foreign table; map the table with the rows",
        "mapping keyless: public.keyless has no primary key; add one, it identifies the rows",
        "mapping parent: public.parent has tables that inherit from it; map each table",
    ):
        assert expected in lines


async def test_removal_leaves_the_tables_as_they_were(every_database: Database) -> None:
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute(CREATE_NOTES)
        app.execute("CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
        app.execute("CREATE TRIGGER own BEFORE TRUNCATE ON notes EXECUTE FUNCTION own()")
        before = described(app)
        await install(every_database.dsn, [NOTES])
        assert described(app) != before
        assert await uninstall(every_database.dsn) == ("public.notes",)
        assert described(app) == before
        assert await uninstall(every_database.dsn) == ()


async def test_removal_is_refused_while_keys_are_dirty(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        add_note(app, "n")
        before = described(app)
        with pytest.raises(UndeliveredChanges, match="1 keys have not reached the target"):
            await uninstall(every_database.dsn)
        assert described(app) == before
        assert await uninstall(every_database.dsn, force=True) == ("public.notes",)


async def test_removal_gives_way_to_writers(database: Database) -> None:
    async with captured_notes(database):
        with psycopg.connect(database.dsn) as writer:
            writer.execute("SELECT FROM notes")
            with pytest.raises(Contended):
                await uninstall(database.dsn, options=IMPATIENT)
        assert await uninstall(database.dsn) == ("public.notes",)


async def test_the_status_counts_keys(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        for number in range(4):
            add_note(app, str(number))
        app.execute("UPDATE crossfade.ledger SET acked = 1, dirty_since = NULL WHERE key[1] = '0'")
        app.execute(
            "UPDATE crossfade.ledger SET parked_reason = 'r', attempts = 5 WHERE key[1] = '1'"
        )
        app.execute(
            "UPDATE crossfade.ledger SET dirty_since = now() - interval '1 h' WHERE key[1] = '2'"
        )
        [found] = await status(every_database.dsn)
        assert (found.entity, found.table, found.mapping_version) == ("note", "public.notes", 1)
        assert (found.marked, found.dirty, found.parked, found.attempts_max) == (4, 3, 1, 5)
        assert found.oldest_dirty_seconds is not None
        assert 3600 <= found.oldest_dirty_seconds < 3700


async def test_the_status_of_a_quiet_mapping(database: Database) -> None:
    async with captured_notes(database):
        [found] = await status(database.dsn)
        assert (found.marked, found.dirty, found.parked, found.attempts_max) == (0, 0, 0, 0)
        assert found.oldest_dirty_seconds is None


async def test_without_an_installation_there_is_no_status(database: Database) -> None:
    with pytest.raises(NoSuchStore, match="run `crossfade install`"):
        await status(database.dsn)


async def test_parked_keys_are_set_free_by_key_by_entity_or_all(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        keys = [add_note(app, str(number)) for number in range(3)]
        park = "UPDATE crossfade.ledger SET parked_reason = 'r', attempts = 5, faults = 5"
        app.execute(park)
        assert await unpark(every_database.dsn, key=keys[1]) == 1
        assert mark(app, keys[1]) == Mark(1, 0, is_dirty=True)
        assert await unpark(every_database.dsn, entity="other") == 0
        assert await unpark(every_database.dsn, entity="note") == 2
        app.execute(park)
        with psycopg.connect(every_database.dsn) as writer:
            touch(writer, "0")
            assert await unpark(every_database.dsn) == 2
        assert {found.parked_reason for found in marks(app).values()} == {None}
