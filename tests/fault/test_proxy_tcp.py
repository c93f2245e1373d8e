"""The TCP proxy before a real PostgreSQL."""

from __future__ import annotations

import asyncio
import socket

import psycopg
import pytest

from crossfade.testing import Cut, Delay, Refuse, Stall, TcpProxy, Truncate
from support.engines.values import Database


async def connect(database: Database, proxy: TcpProxy) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        database.dsn, host=proxy.host, hostaddr=proxy.host, port=proxy.port
    )


def address(database: Database) -> tuple[str, int]:
    info = psycopg.conninfo.conninfo_to_dict(database.dsn)
    return str(info["host"]), int(info["port"] or 0)


async def ask(connection: psycopg.AsyncConnection) -> object:
    cursor = await connection.execute("SELECT 40 + 2")
    row = await cursor.fetchone()
    return row[0] if row else None


async def test_everything_passes_without_a_fault(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy, await connect(database, proxy) as connection:
        assert await ask(connection) == 42
        assert proxy.accepted == 1
        assert proxy.sent_bytes > 0
        assert proxy.received_bytes > 0


async def test_a_refused_connection_fails_and_a_later_one_passes(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        port = proxy.port
        await proxy.inject(Refuse())
        with pytest.raises(psycopg.OperationalError, match="refused"):
            await connect(database, proxy)
        await proxy.heal()
        assert proxy.port == port
        async with await connect(database, proxy) as connection:
            assert await ask(connection) == 42


async def test_a_port_that_refuses_stays_reserved(database: Database) -> None:
    """A client that keeps knocking could otherwise be lent the very port it knocks at."""
    async with TcpProxy(*address(database)) as proxy:
        await proxy.inject(Refuse())
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind((proxy.host, proxy.port))


async def test_refusing_breaks_what_is_open(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        connection = await connect(database, proxy)
        await proxy.inject(Refuse())
        with pytest.raises(psycopg.OperationalError):
            await ask(connection)
        await connection.close()


async def test_a_cut_breaks_open_connections_and_lets_new_ones_pass(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        connection = await connect(database, proxy)
        assert proxy.cut() == 1
        with pytest.raises(psycopg.OperationalError):
            await ask(connection)
        await connection.close()
        async with await connect(database, proxy) as connection:
            assert await ask(connection) == 42


async def test_every_connection_is_cut_while_the_fault_lasts(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        await proxy.inject(Cut())
        with pytest.raises(psycopg.OperationalError):
            await connect(database, proxy)
        assert proxy.accepted == 1


async def test_a_stalled_connection_continues_when_healed(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy, await connect(database, proxy) as connection:
        await proxy.inject(Stall())
        asking = asyncio.create_task(ask(connection))
        before = proxy.received_bytes
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asking), 0.2)
        assert proxy.received_bytes == before
        await proxy.heal()
        assert await asking == 42


async def test_a_stalled_server_accepts_and_never_answers(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        await proxy.inject(Stall())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connect(database, proxy), 0.2)
        assert proxy.accepted == 1
        assert proxy.sent_bytes == 0


async def test_a_delayed_answer_arrives_whole(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy, await connect(database, proxy) as connection:
        await proxy.inject(Delay(0.01))
        assert await ask(connection) == 42


async def test_a_truncated_answer_breaks_the_connection(database: Database) -> None:
    async with TcpProxy(*address(database)) as proxy:
        await proxy.inject(Truncate(12))
        with pytest.raises(psycopg.OperationalError):
            await connect(database, proxy)
        assert proxy.received_bytes == 12
