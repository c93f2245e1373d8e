"""Writers and relays side by side: nothing is lost, none of them deadlocks or stalls."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from crossfade.errors import (
    AccessDenied,
    InvalidRequest,
    NoSuchStore,
    Overloaded,
    TimedOut,
    Unavailable,
    Unreachable,
)
from crossfade.mapping.state import Delivered, Key, Live, Outcome, State, StoredObject, Superseded
from crossfade.postgres import PoolOptions, PostgresFeed, PostgresSource, open_pool
from crossfade.testing import Stall, TcpProxy
from support.engines.values import Database
from support.postgres_tables import AT_ONCE, NOTES, add_note, captured_notes, marks

FOLDERS = ("a", "b", None)


class Follower:
    """The other store, as far as versions go: it keeps the newest state of each key."""

    def __init__(self) -> None:
        self.states: dict[Key, State] = {}

    async def put(self, state: State) -> Outcome:
        """Take a state unless the same version or a newer one is here; in any order."""
        await asyncio.sleep(random.uniform(0, 0.005))  # noqa: S311 - chaos, not a secret
        known = self.states.get(state.key)
        if known is None or known.version < state.version:
            self.states[state.key] = state
            return Delivered(state.key, state.version, state.read_at)
        return Superseded(state.key, state.version, known.version, state.read_at)


async def relay(
    feed: PostgresFeed, source: PostgresSource, follower: Follower, keys_max: int = 20
) -> int:
    """One step, as the relay's: keys, states, deliveries, acknowledgement."""
    states = await source.fetch(await feed.due(keys_max))
    await feed.ack(await asyncio.gather(*map(follower.put, states)))
    return len(states)


async def write_at_random(dsn: str, seed: int, writes: int) -> None:
    """A writer that inserts, updates, moves and deletes a few rows, several in a transaction."""
    chance = random.Random(seed)  # noqa: S311 - chaos, not a secret
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        for _ in range(writes):
            for note in sorted(chance.sample("uvwxyz", chance.randint(1, 3))):
                await write_once(connection, chance, note)
            if chance.random() < 0.1:
                await connection.rollback()
            else:
                await connection.commit()


async def write_once(connection: psycopg.AsyncConnection, chance: random.Random, note: str) -> None:
    """One statement on one row."""
    if chance.random() < 0.25:
        await connection.execute("DELETE FROM notes WHERE id = %s", (note,))
        return
    await connection.execute(
        "INSERT INTO notes (id, owner, folder, title) VALUES (%s, 'o', %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, title = excluded.title",
        (note, chance.choice(FOLDERS), str(chance.random())),
    )


async def test_writers_and_relays_end_with_equal_stores(every_database: Database) -> None:
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        follower = Follower()
        feeds = [PostgresFeed(pool, ["note"], AT_ONCE) for _ in range(2)]
        source = PostgresSource(pool, [NOTES])
        writers = asyncio.gather(
            *(write_at_random(every_database.dsn, seed, writes=120) for seed in range(4))
        )
        while not writers.done():
            await asyncio.gather(*(relay(feed, source, follower) for feed in feeds))
        await writers
        async with asyncio.timeout(60):
            while any(mark.is_dirty for mark in marks(app).values()):
                await asyncio.gather(*(relay(feed, source, follower) for feed in feeds))
        rows = app.execute("SELECT id, owner, folder, title, draft FROM notes").fetchall()
        assert sorted(contents(follower.states.values())) == sorted(rows, key=str)
        for feed in feeds:
            await feed.aclose()


def contents(states: Iterable[State]) -> list[tuple[str | None, ...]]:
    """The rows that the follower holds."""
    return sorted(
        (tuple(state.columns.values()) for state in states if isinstance(state, Live)), key=str
    )


async def test_a_move_under_way_never_loses_either_key(every_database: Database) -> None:
    """A relay that read before the move delivers what it read; both keys end right."""
    async with captured_notes(every_database) as app, open_pool(every_database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        source, follower = PostgresSource(pool, [NOTES]), Follower()
        add_note(app, "n", folder="a")
        early = await source.fetch(await feed.due(10))
        app.execute("UPDATE notes SET folder = 'b'")
        await relay(feed, source, follower)
        await feed.ack([await follower.put(state) for state in early])
        assert await relay(feed, source, follower) == 0
        assert contents(follower.states.values()) == [("n", "o", "b", "", None)]
        await feed.aclose()


def through(proxy: TcpProxy, database: Database) -> str:
    """The database's DSN by way of a proxy."""
    return str(make_conninfo(database.dsn, port=proxy.port))


def address(database: Database) -> tuple[str, int]:
    """Where the server listens."""
    given = conninfo_to_dict(database.dsn)
    return str(given["host"]), int(str(given["port"]))


async def test_a_cut_connection_is_unreachable_and_then_replaced(database: Database) -> None:
    async with (
        captured_notes(database) as app,
        TcpProxy(*address(database)) as proxy,
        open_pool(through(proxy, database)) as pool,
    ):
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        source = PostgresSource(pool, [NOTES])
        key = add_note(app, "n")
        assert await feed.due(1) == [key]
        proxy.cut()
        with pytest.raises(Unreachable, match="PostgreSQL"):
            await feed.due(1)
        assert await until_answered(feed) == [key]
        assert len(await source.fetch([key])) == 1
        await feed.aclose()


async def until_answered(feed: PostgresFeed) -> list[Key]:
    """Ask until the source answers again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return list(await feed.due(10))
            except Unavailable:
                continue


async def test_a_server_that_hangs_is_given_up(database: Database) -> None:
    options = replace(AT_ONCE, answer_seconds=2.0)
    async with (
        captured_notes(database) as app,
        TcpProxy(*address(database)) as proxy,
        open_pool(through(proxy, database)) as pool,
    ):
        feed = PostgresFeed(pool, ["note"], options)
        source = PostgresSource(pool, [NOTES], answer_seconds=2.0)
        key = add_note(app, "n")
        assert await feed.due(1) == [key]
        await proxy.inject(Stall())
        answers = await asyncio.gather(
            feed.due(1),
            feed.ack([Delivered(key, 1)]),
            source.fetch([key]),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [TimedOut] * 3
        await feed.aclose()


async def test_a_server_that_is_down_differs_from_one_that_refuses(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        nowhere = through(proxy, database)
    with pytest.raises(Unreachable, match="onnection refused"):
        async with open_pool(nowhere):
            pass
    missing = make_conninfo(database.dsn, dbname="nowhere")
    with pytest.raises(NoSuchStore, match="nowhere"):
        async with open_pool(str(missing)):
            pass
    with pytest.raises(AccessDenied) as denied:
        async with open_pool(str(make_conninfo(database.dsn, password="wrong-secret"))):
            pass
    assert "wrong-secret" not in str(denied.value)


async def test_a_pool_without_a_free_connection_is_overloaded(database: Database) -> None:
    options = PoolOptions(connections_max=1, wait_seconds=1.0)
    async with captured_notes(database), open_pool(database.dsn, options) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        async with pool.connection():
            with pytest.raises(Overloaded, match="raise connections_max"):
                await feed.dirty_keys_of([])
        assert await feed.dirty_keys_of([]) == []
        await feed.aclose()


async def test_errors_quote_no_value_of_a_row(database: Database) -> None:
    async with captured_notes(database) as app, open_pool(database.dsn) as pool:
        feed = PostgresFeed(pool, ["note"], AT_ONCE)
        app.execute("ALTER TABLE crossfade.object ADD CHECK (row_id <> 'private')")
        with pytest.raises(InvalidRequest) as refused:
            await feed.remember([StoredObject("note", "contents/private/0", 1)])
        assert "private" not in str(refused.value)
        assert "table object" in str(refused.value)
        assert refused.value.__suppress_context__
        await feed.aclose()
