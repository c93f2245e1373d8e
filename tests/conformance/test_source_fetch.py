"""Rows and versions, as PostgreSQL prints them."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

from crossfade.errors import ConfigurationError, SchemaChanged
from crossfade.mapping.declaration.mapping import Body, Column, Mapping, Rule
from crossfade.mapping.object_keys import object_key
from crossfade.mapping.state import BodyRef, Deleted, Key, Live, State, StoredObject
from crossfade.postgres import PostgresFeed, PostgresSource, install, open_pool
from support.engines.values import Database
from support.postgres_tables import NOTES, add_note, captured_notes, note_key, shape, touch

PRINTED = {
    "c01 smallint": "-7",
    "c02 bigint": "9223372036854775807",
    "c03 numeric(12,4)": "1.5000",
    "c04 numeric": "NaN",
    "c05 double precision": "0.30000000000000004",
    "c06 real": "1e-45",
    "c07 boolean": "t",
    "c08 character(5)": "ab   ",
    "c09 character varying(5)": "ab ",
    "c10 bytea": "\\x00ff",
    "c11 date": "infinity",
    "c12 timestamp(3) without time zone": "0044-03-15 12:00:00.12 BC",
    "c13 timestamp with time zone": "2026-01-02 03:04:05.000006+00",
    "c14 time without time zone": "24:00:00",
    "c15 interval": "P1M-3DT4H",
    "c16 json": '{"b":1,  "a": 1.0, "b":2}',
    "c17 jsonb": '{"a": 1.00, "b": null}',
    "c18 jsonb[]": '{"{\\"a\\": 1}",NULL}',
    "c19 text[]": '{a,NULL,"NULL","b,c",""}',
    "c20 integer[]": "[0:1]={1,2}",
    "c21 uuid": "00000000-0000-0000-0000-00000000000a",
    "c22 inet": "10.0.0.1",
    "c23 int4range": "[1,5)",
    "c24 point": "(1,2.5)",
    "c25 tsvector": "'a':1 'b':2B",
    "c26 money": "$1.50",
    "c27 mood": "so so",
    "c28 bit(3)": "101",
}
"""Columns of every kind of type, each with a value as the server prints it."""


async def fetch(database: Database, keys: list[Key], mapping: Mapping = NOTES) -> list[State]:
    """Read keys over a separate pool."""
    async with open_pool(database.dsn) as pool:
        return list(await PostgresSource(pool, [mapping]).fetch(keys))


async def test_a_key_has_its_row_and_version(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        key = add_note(app, "n", folder="f", owner="o")
        touch(app, "n")
        [state] = await fetch(every_database, [key])
        assert isinstance(state, Live)
        assert (state.key, state.version, state.attempts, state.bodies) == (key, 2, 0, ())
        assert state.columns == {
            "id": "n",
            "owner": "o",
            "folder": "f",
            "title": ".",
            "draft": None,
        }
        now = app.execute("SELECT extract(epoch FROM now())::float8").fetchone()
        assert now is not None
        assert now[0] - 60 < state.read_at <= now[0]


async def test_states_come_in_the_order_asked(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        keys = [add_note(app, str(number)) for number in (5, 3, 9, 1)]
        assert [state.key for state in await fetch(every_database, keys)] == keys
        assert await fetch(every_database, []) == []


async def test_a_deleted_row_and_one_that_never_was_are_gone(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        deleted = add_note(app, "n")
        app.execute("DELETE FROM notes")
        app.execute("UPDATE crossfade.ledger SET attempts = 3")
        states = await fetch(every_database, [deleted, note_key("never", folder="f")])
        assert [(type(state), state.version, state.attempts) for state in states] == [
            (Deleted, 2, 3),
            (Deleted, 0, 0),
        ]


async def test_a_row_counts_only_under_the_key_it_has_now(every_database: Database) -> None:
    async with captured_notes(every_database) as app:
        left = add_note(app, "n", folder="a")
        app.execute("UPDATE notes SET folder = NULL")
        found = await fetch(every_database, [left, note_key("n", owner="o")])
        assert [(type(state), state.version) for state in found] == [(Deleted, 2), (Live, 1)]
        similar = [note_key("n"), note_key("n", owner="O"), note_key("n", folder="", owner="o")]
        assert {type(state) for state in await fetch(every_database, similar)} == {Deleted}


async def test_a_row_without_a_ledger_row_has_version_0(every_database: Database) -> None:
    """Rows from before the installation, as the backfill reads them."""
    async with captured_notes(every_database) as app:
        key = add_note(app, "n")
        app.execute("DELETE FROM crossfade.ledger")
        [state] = await fetch(every_database, [key])
        assert (type(state), state.version) == (Live, 0)


async def test_large_columns_are_read_by_digest_and_on_demand(every_database: Database) -> None:
    text = "Ünïcödé \n" * 20_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        source, feed = PostgresSource(pool, [NOTES]), PostgresFeed(pool, ["note"])
        key = add_note(app, "n/1")
        app.execute("UPDATE notes SET content = %s, draft = 'short'", (text,))
        [state] = await source.fetch([key])
        assert isinstance(state, Live)
        ref = BodyRef("content", digest, len(text.encode()), stored=False)
        assert state.bodies == (ref,)
        assert "content" not in state.columns
        assert state.columns["draft"] == "short"
        assert await source.body(key, "content") == text

        name = object_key("contents", "n/1", digest)
        await feed.remember([StoredObject("note", name, len(text.encode()))] * 2)
        await feed.remember([StoredObject("note", name, 1)])
        [state] = await source.fetch([key])
        assert isinstance(state, Live)
        assert state.bodies[0].stored
        app.execute("UPDATE notes SET content = content || '.'")
        [state] = await source.fetch([key])
        assert isinstance(state, Live)
        assert not state.bodies[0].stored


async def test_an_object_of_another_row_is_not_this_rows(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        source, feed = PostgresSource(pool, [NOTES]), PostgresFeed(pool, ["note"])
        key, other = add_note(app, "n"), add_note(app, "m")
        app.execute("UPDATE notes SET content = 'same'")
        digest = hashlib.sha256(b"same").hexdigest()
        await feed.remember([StoredObject("note", object_key("contents", "m", digest), 4)])
        stored = {
            state.key: state.bodies[0].stored
            for state in await source.fetch([key, other])
            if isinstance(state, Live)
        }
        assert stored == {key: False, other: True}


async def test_a_body_is_none_once_row_key_or_value_is_gone(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        source = PostgresSource(pool, [NOTES])
        key = add_note(app, "n")
        assert await source.body(key, "content") is None
        app.execute("UPDATE notes SET content = ''")
        assert await source.body(key, "content") == ""
        app.execute("UPDATE notes SET folder = 'g'")
        assert await source.body(key, "content") is None
        with pytest.raises(ConfigurationError, match="title is not declared as a body"):
            await source.body(key, "title")


async def test_every_value_is_text_as_the_server_prints_it(every_database: Database) -> None:
    declared = [name.partition(" ")[::2] for name in PRINTED]
    mapping = Mapping(
        "wide",
        "public.wide",
        ("id",),
        (
            Column("id", "integer", required=True),
            *(Column(name, kind, rule=Rule.TEXT) for name, kind in declared),
        ),
        (shape("Wide", "WIDE#${id}", "WIDE"),),
        "wide",
    )
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute("CREATE TYPE mood AS ENUM ('so so')")
        app.execute(f"CREATE TABLE wide (id int PRIMARY KEY, {', '.join(PRINTED)})")
        await install(every_database.dsn, [mapping])
        values = ", ".join(["%s"] * len(PRINTED))
        app.execute(f"INSERT INTO wide VALUES (1, {values})", tuple(PRINTED.values()))
        app.execute("INSERT INTO wide (id) VALUES (2)")
    keys = [Key("wide", ("1",)), Key("wide", ("2",))]
    full, empty = await fetch(every_database, keys, mapping)
    assert isinstance(full, Live)
    assert isinstance(empty, Live)
    assert full.columns == {"id": "1"} | {
        name: text for (name, _), text in zip(declared, PRINTED.values(), strict=True)
    }
    assert set(empty.columns.values()) == {"2", None}


async def test_names_may_need_quotes(every_database: Database) -> None:
    mapping = Mapping(
        "odd",
        'public.Select "all" 100%',
        ("Id%",),
        (
            Column("Id%", "integer", attribute="id", required=True),
            Column('from "x"', "text", attribute="origin"),
        ),
        (shape("Odd", "ODD#${id}", "ODD"),),
        "odd",
        bodies=(Body("User", "userKey", "users"),),
    )
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute(
            'CREATE TABLE "Select ""all"" 100%" '
            '("Id%" int PRIMARY KEY, "from ""x""" text, "User" text)'
        )
        await install(every_database.dsn, [mapping])
        app.execute('INSERT INTO "Select ""all"" 100%" VALUES (7, \'here\', \'you\')')
    key = Key("odd", ("7",))
    async with open_pool(every_database.dsn) as pool:
        source = PostgresSource(pool, [mapping])
        [state] = await source.fetch([key])
        assert isinstance(state, Live)
        assert state.columns == {"Id%": "7", 'from "x"': "here"}
        assert await source.body(key, "User") == "you"


async def test_a_key_that_no_longer_fits_its_column_spoils_no_other(
    every_database: Database,
) -> None:
    """After the type of the primary key has changed."""
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        keys = [add_note(app, note) for note in ("1", "two", "3", "", "5")]
        app.execute("DELETE FROM notes WHERE id IN ('two', '')")
        app.execute("ALTER TABLE notes ALTER id TYPE integer USING id::integer")
        mapping = Mapping(
            **{
                name: getattr(NOTES, name)
                for name in (
                    "name",
                    "table",
                    "primary_key",
                    "shapes",
                    "service",
                    "bodies",
                    "ignored",
                )
            },
            columns=(Column("id", "integer", required=True), *NOTES.columns[1:]),
        )
        await install(every_database.dsn, [mapping])
        source = PostgresSource(pool, [mapping])
        states = await source.fetch(keys)
        assert [state.key for state in states] == keys
        assert [(type(state), state.version) for state in states] == [
            (Live, 1),
            (Deleted, 2),
            (Live, 1),
            (Deleted, 2),
            (Live, 1),
        ]
        assert await source.body(keys[1], "content") is None


async def test_a_table_without_a_mapped_column_is_a_changed_schema(
    every_database: Database,
) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        source = PostgresSource(pool, [NOTES])
        key = add_note(app, "n")
        app.execute("ALTER TABLE notes RENAME title TO heading")
        with pytest.raises(SchemaChanged, match="title"):
            await source.fetch([key])
        app.execute("DROP TABLE notes")
        with pytest.raises(SchemaChanged, match=r"public\.notes does not exist"):
            await source.fetch([key])
        with pytest.raises(ConfigurationError, match="no mapping is named other"):
            await source.fetch([Key("other", ("n",))])
