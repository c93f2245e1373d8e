"""The cost of capture for a write: CPU of its backend, WAL, commits of concurrent writers."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from bench.capture_forms import INSTALLED, NONE, NOTIFYING, STATEMENT, build
from bench.core import Options, Row
from bench.services import engines

NAME = "capture"
FORMS = (NONE, INSTALLED, STATEMENT, NOTIFYING)
SMALL_WRITES = 4000
BULK_ROWS = 10_000
WRITERS = 8
WRITES_PER_WRITER = 250
CAMPAIGN = "11111111-1111-4111-8111-111111111111"

Connection = psycopg.AsyncConnection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one write."""

    cpu_us: float
    wal_bytes: float


async def run(options: Options) -> list[Row]:
    """Measure every form once per round, after one round without measurement."""
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(engines())
        dsns = {
            form: await _database(services.dsn, number, form) for number, form in enumerate(FORMS)
        }
        costs: dict[tuple[str, str], list[Cost]] = {}
        commits: dict[str, list[float]] = {}
        for measured in (False, *([True] * options.rounds)):
            for form, dsn in dsns.items():
                small = await _small_writes(dsn, options.operations(SMALL_WRITES))
                bulk = await _bulk_update(dsn, options.operations(BULK_ROWS))
                rate = await _concurrent_writers(dsn, options.operations(WRITES_PER_WRITER))
                if measured:
                    commits.setdefault(form, []).append(rate)
                    for group, cost in (small | bulk).items():
                        costs.setdefault((group, form), []).append(cost)
        return _rows(costs) + [
            Row(
                f"Capture: {WRITERS} concurrent writers",
                form,
                {"commits/s": statistics.median(commits[form])},
            )
            for form in FORMS
        ]


async def _database(dsn: str, number: int, form: str) -> str:
    name = f"capture_{number}"
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    made = f"{dsn.rpartition('/')[0]}/{name}"
    await build(made, form)
    return made


async def _small_writes(dsn: str, count: int) -> dict[str, Cost]:
    """Measure transactions of one row: insert, update of a clean and of a dirty key, delete."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await _prepare(connection)
        identifiers = [f"00000000-0000-4000-8000-{number:012d}" for number in range(count)]

        async def each(statement: str) -> None:
            for identifier in identifiers:
                await connection.execute(statement, (identifier,))

        insert = f"INSERT INTO sessions (id, campaign_id, name) VALUES (%s, '{CAMPAIGN}', 'n')"
        update = "UPDATE sessions SET revision = revision + 1 WHERE id = %s"
        costs = {"insert": await _cost(connection, lambda: each(insert), count)}
        await _acknowledge(connection)
        costs["update, clean key"] = await _cost(connection, lambda: each(update), count)
        costs["update, dirty key"] = await _cost(connection, lambda: each(update), count)
        await _acknowledge(connection)
        delete = "DELETE FROM sessions WHERE id = %s"
        costs["delete"] = await _cost(connection, lambda: each(delete), count)
        return costs


async def _bulk_update(dsn: str, count: int) -> dict[str, Cost]:
    """Measure the update of many rows with clean keys in one statement."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await _prepare(connection)
        await connection.execute(
            "INSERT INTO sessions (id, campaign_id, name) "
            f"SELECT gen_random_uuid(), '{CAMPAIGN}', 'n' FROM generate_series(1, {count})"
        )
        await _acknowledge(connection)

        async def update() -> None:
            await connection.execute("UPDATE sessions SET revision = revision + 1")

        return {"bulk update, per row": await _cost(connection, update, count)}


async def _concurrent_writers(dsn: str, count: int) -> float:
    """Return the commits per second of writers that each update another row."""
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(
                await psycopg.AsyncConnection.connect(dsn, autocommit=True)
            )
            for _ in range(WRITERS)
        ]

        async def write(connection: Connection, number: int) -> None:
            row = f"10000000-0000-4000-8000-{number:012d}"
            insert = "INSERT INTO sessions (id, name) VALUES (%s, 'n') ON CONFLICT DO NOTHING"
            await connection.execute(insert, (row,))
            for _ in range(count):
                await connection.execute(
                    "UPDATE sessions SET revision = revision + 1 WHERE id = %s", (row,)
                )

        started = time.perf_counter()
        await asyncio.gather(*(write(one, number) for number, one in enumerate(connections)))
        return WRITERS * count / (time.perf_counter() - started)


async def _prepare(connection: Connection) -> None:
    """Empty table and ledger; commits do not wait for the disk, which is not measured."""
    await connection.execute("SET synchronous_commit = off")
    await connection.execute("DELETE FROM sessions")
    await connection.execute("VACUUM ANALYZE sessions")
    if await _is_captured(connection):
        await connection.execute("TRUNCATE crossfade.ledger")


async def _acknowledge(connection: Connection) -> None:
    """Make every key clean, as the relay does."""
    if await _is_captured(connection):
        await connection.execute("UPDATE crossfade.ledger SET acked = version, dirty_since = NULL")
        await connection.execute("VACUUM ANALYZE crossfade.ledger")


async def _is_captured(connection: Connection) -> bool:
    cursor = await connection.execute("SELECT to_regclass('crossfade.ledger') IS NOT NULL")
    return await cursor.fetchone() == (True,)


async def _cost(
    connection: Connection, operation: Callable[[], Awaitable[None]], count: int
) -> Cost:
    pid = connection.info.backend_pid
    written, started = await _wal_bytes(connection), cpu_us_of(pid)
    await operation()
    cpu_us = cpu_us_of(pid) - started
    return Cost(cpu_us / count, (await _wal_bytes(connection) - written) / count)


def cpu_us_of(pid: int) -> float:
    """Return the CPU time of a process in microseconds, on Linux finer than ticks of 10 ms."""
    fine = Path(f"/proc/{pid}/schedstat")
    if fine.exists():
        nanoseconds = int(fine.read_text().split()[0])
        return nanoseconds / 1000
    times = psutil.Process(pid).cpu_times()
    return 1e6 * float(times.user + times.system)


async def _wal_bytes(connection: Connection) -> int:
    cursor = await connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
    row = await cursor.fetchone()
    return int(str(row[0])) if row else 0


def _rows(costs: dict[tuple[str, str], list[Cost]]) -> list[Row]:
    rows = []
    for (group, form), samples in costs.items():
        plain = costs[group, NONE]
        cpu = statistics.median(one.cpu_us for one in samples)
        wal = statistics.median(one.wal_bytes for one in samples)
        figures = {
            "cpu µs": cpu,
            "WAL B": wal,
            "added cpu µs": cpu - statistics.median(one.cpu_us for one in plain),
            "added WAL B": wal - statistics.median(one.wal_bytes for one in plain),
        }
        rows.append(Row(f"Capture: {group}", form, figures))
    return sorted(rows, key=lambda row: row.group)
