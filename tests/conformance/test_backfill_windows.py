"""Pages and windows on every server: typed keys, index scans, samples."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest

from crossfade.backfill.windows import Tally, Window, windows_between
from crossfade.mapping.declaration.mapping import Column, Mapping
from crossfade.postgres import (
    PostgresCensus,
    PostgresWindows,
    WindowOptions,
    install,
    open_pool,
)
from crossfade.postgres.backfill.statements import page_statement
from support.engines.values import Database
from support.postgres_tables import (
    CREATE_NOTES,
    NOTES,
    add_note,
    captured_notes,
    plan,
    scanned_whole,
    shape,
)

FEW = WindowOptions(window_rows=10, lease_seconds=30)

CREATE_READINGS = """
CREATE TABLE readings (
    at timestamp with time zone, sensor integer, code character(5),
    PRIMARY KEY (at, sensor, code)
)
"""
READINGS = Mapping(
    name="reading",
    table="public.readings",
    primary_key=("at", "sensor", "code"),
    columns=(
        Column("at", "timestamp with time zone", required=True),
        Column("sensor", "integer", required=True),
        Column("code", "character(5)", required=True),
    ),
    shapes=(shape("Reading", "AT#${at}", "S#${sensor}#C#${code}"),),
    service="readings",
)


@asynccontextmanager
async def notes(database: Database, count: int) -> AsyncIterator[PostgresWindows]:
    """Windows over notes that the ledger does not know."""
    async with captured_notes(database) as app:
        app.execute(
            "INSERT INTO notes (id, owner, folder) "
            "SELECT 'n' || n, 'o', 'f' FROM generate_series(1, %s) AS n",
            (count,),
        )
        app.execute("DELETE FROM crossfade.ledger")
        async with open_pool(database.dsn) as pool:
            yield PostgresWindows(pool, [NOTES], FEW)


async def read_all(windows: PostgresWindows, parts: Sequence[Window], rows_max: int) -> list[str]:
    """The first key column of every row, window by window, page by page."""
    found = []
    for part in parts:
        window = part
        while True:
            page = await windows.page(window, rows_max)
            found += ["|".join(str(text) for text in row.key.parts) for row in page.rows]
            if page.is_end:
                break
            window = replace(window, last=page.last)
    return found


async def test_pages_of_windows_hold_every_row_once(every_database: Database) -> None:
    async with notes(every_database, 95) as windows:
        cuts, rows_estimated = await windows.sample("note")
        assert rows_estimated == 95
        assert 5 <= len(cuts) <= 10
        found = await read_all(windows, windows_between("note", cuts), 7)
        assert len(found) == len(set(found)) == 95


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_keys_of_many_types_are_compared_by_their_types(
    every_database: Database, zone: str
) -> None:
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute(CREATE_READINGS)
        app.execute(f"ALTER DATABASE {app.info.dbname} SET TimeZone = '{zone}'")
        app.execute(
            "INSERT INTO readings SELECT timestamptz '2026-03-29 00:00:00.000001+00' "
            "+ n / 4 * interval '17 minutes', n %% 3 - 1, "
            "chr(65 + n %% 26) FROM generate_series(1, 200) AS n",
            (),
        )
        await install(every_database.dsn, [READINGS])
    async with open_pool(every_database.dsn) as pool:
        windows = PostgresWindows(pool, [READINGS], FEW)
        cuts, _ = await windows.sample("reading")
        found = await read_all(windows, windows_between("reading", cuts), 3)
        assert len(found) == len(set(found)) == 200


@pytest.mark.parametrize("has_last", [False, True])
@pytest.mark.parametrize("has_through", [False, True])
async def test_a_page_is_found_through_the_primary_key(
    every_database: Database, *, has_last: bool, has_through: bool
) -> None:
    async with notes(every_database, 300):
        statement = page_statement(NOTES, has_last=has_last, has_through=has_through)
        parameters = {"last_key": ["n1"], "through_key": ["n5"], "rows_max": 10}
        found = await plan(every_database, statement, parameters)
        assert scanned_whole(found, ["notes", "ledger"]) == []
        assert "Index Scan using notes_pkey" in found
        assert "Index Cond: ((entity = 'note'::text) AND (key = (ARRAY[" in found
        assert ("(id > 'n1'::text)" in found, "(id <= 'n5'::text)" in found) == (
            has_last,
            has_through,
        )
        assert "Sort" not in found


@pytest.mark.parametrize("reader", [PostgresWindows, PostgresCensus])
async def test_every_large_column_has_its_digest_and_size(
    every_database: Database, reader: type[PostgresWindows | PostgresCensus]
) -> None:
    mapping = replace(
        NOTES,
        columns=tuple(one for one in NOTES.columns if one.name != "draft"),
        bodies=tuple(replace(one, overflow_only=False) for one in NOTES.bodies),
    )
    with psycopg.connect(every_database.dsn, autocommit=True) as app:
        app.execute(CREATE_NOTES)
        app.execute(
            "INSERT INTO notes (id, owner, content, draft) VALUES ('a', 'o', 'one', 'second')"
        )
        await install(every_database.dsn, [mapping])
    async with open_pool(every_database.dsn) as pool:
        page = await reader(pool, [mapping]).page(Window("note"), 10)
        sizes = [(ref.column, ref.size_bytes) for row in page.rows for ref in row.bodies]
        assert sizes == [("content", 3), ("draft", 6)]


async def test_a_row_that_the_ledger_knows_is_counted_apart(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        for name in "abc":
            add_note(app, name)
        app.execute("DELETE FROM crossfade.ledger WHERE key[1] <> 'b'")
        page = await PostgresWindows(pool, [NOTES], FEW).page(Window("note"), 10)
        assert [row.key.parts[0] for row in page.rows] == ["a", "c"]
        assert (page.known, page.last, page.is_end) == (1, ("c",), True)


async def test_an_empty_table_is_one_window_and_done_at_once(every_database: Database) -> None:
    async with notes(every_database, 0) as windows:
        await windows.plan()
        window = await windows.claim()
        assert window == Window("note")
        page = await windows.page(window, 10)
        assert (page.rows, page.known, page.last, page.is_end) == ((), 0, None, True)
        assert await windows.advance(window, page, Tally())
        assert await windows.is_done()


async def test_a_window_is_leased_to_one_process_until_it_is_silent(
    every_database: Database,
) -> None:
    async with notes(every_database, 5) as windows:
        await windows.plan()
        async with open_pool(every_database.dsn) as pool:
            other = PostgresWindows(pool, [NOTES], replace(FEW, lease_seconds=0))
            window = await windows.claim()
            assert window
            assert await other.claim() is None
            await windows.release()
            assert await other.claim() == window
            assert await windows.claim() == window
            page = await windows.page(window, 100)
            assert not await other.advance(window, page, Tally(read=5))
            assert await windows.advance(window, page, Tally(read=5))
            (current,) = await other.progress()
            assert (current.tally.read, current.is_done) == (5, True)


async def test_a_table_is_planned_once(every_database: Database) -> None:
    async with notes(every_database, 40) as windows:
        await windows.plan()
        (first,) = await windows.progress()
        await windows.plan()
        assert await windows.progress() == [first]
        await windows.forget()
        assert await windows.progress() == []
