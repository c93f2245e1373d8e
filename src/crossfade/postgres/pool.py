"""Connections to the source, all with the same pinned settings.

The text of a value must not depend on the session that reads it: the capture triggers, which run in
the application's sessions, and the sessions of this pool print under the same `PRINTING`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import ConfigurationError
from crossfade.postgres.errors import deadline, translated

PRINTING: Mapping[str, str] = MappingProxyType(
    {
        "DateStyle": "ISO,YMD",
        "TimeZone": "UTC",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "1",
        "bytea_output": "hex",
    }
)
"""The settings that decide how PostgreSQL prints a value."""

LOOKUPS: Mapping[str, str] = MappingProxyType(
    {
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "jit": "off",
    }
)
"""Feed and source find keys through an index only: with missing statistics, or those of an empty
table, the planner must not read a table whole."""

SEARCH_PATH = "pg_catalog,public,pg_temp"
"""The search path of the pool's sessions; a type elsewhere is named with its schema."""

PoolConnection = psycopg.AsyncConnection[tuple[Any, ...]]
"""A connection of the pool; every value of its rows is text or None."""

VERSION_MIN = 150000
"""The oldest server release that is tested, as `server_version_num` counts."""


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Limits of a pool of connections.

    Attributes:
        connections_max: connections of one process.
        wait_seconds: the time limit for a free connection.
        connect_seconds: the time limit for opening a connection.
        statement_seconds: the time limit of one statement.
        must_answer: whether the server must answer when the pool is opened.
    """

    connections_max: int = 8
    wait_seconds: float = 5.0
    connect_seconds: int = 5
    statement_seconds: float = 30.0
    must_answer: bool = True


@asynccontextmanager
async def open_pool(
    dsn: str, options: PoolOptions | None = None
) -> AsyncIterator[AsyncConnectionPool]:
    """Open the pool that feed and source share; every value is loaded as PostgreSQL prints it.

    Commits do not wait for the disk: a crash of the server loses acknowledgements at most, and
    their keys are then delivered again. The pool needs sessions of its own: a pooler in between
    must run in session mode. A row that a policy hides from the role is an error, not a deleted
    row.

    Args:
        dsn: the database URL.
        options: the limits of the pool.

    Raises:
        ConfigurationError: the DSN is not valid.
        Unavailable: the server cannot be reached, or refuses the session.
    """
    chosen = options or PoolOptions()
    settings = {
        "synchronous_commit": "off",
        "statement_timeout": f"{chosen.statement_seconds * 1000:.0f}",
        "row_security": "off",
        **LOOKUPS,
    }
    pool = AsyncConnectionPool(
        _conninfo(dsn, settings, chosen.connect_seconds),
        kwargs={"autocommit": True, "context": _printed_values()},
        min_size=1,
        max_size=chosen.connections_max,
        timeout=chosen.wait_seconds,
        open=False,
        name="crossfade",
    )
    if chosen.must_answer:
        with translated():
            conninfo = _conninfo(dsn, settings, chosen.connect_seconds)
            async with await psycopg.AsyncConnection.connect(conninfo):
                pass
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def session(pool: AsyncConnectionPool, seconds: float) -> AsyncIterator[PoolConnection]:
    """Yield a connection of the pool for one call.

    Raises:
        TimedOut: the call takes longer than `seconds`, also on a server that hangs and so does not
            apply its statement_timeout. It is raised up to 10 s later, while the driver cancels.
        CrossfadeError: the translation of the driver's error.
    """
    with translated(), deadline(seconds):
        async with asyncio.timeout(seconds), pool.connection() as connection:
            yield connection


@asynccontextmanager
async def connect(dsn: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Open one connection for administration, in autocommit mode.

    Raises:
        ConfigurationError: the DSN is not valid.
        Unavailable: the server cannot be reached, or refuses the session.
    """
    with translated():
        connection = await psycopg.AsyncConnection.connect(_conninfo(dsn, {}, 5), autocommit=True)
    async with connection:
        yield connection


def _conninfo(dsn: str, settings: Mapping[str, str], connect_seconds: int) -> str:
    """Return a DSN with the pinned settings, as start-up options, which survive DISCARD ALL.

    Raises:
        ConfigurationError: the DSN is not valid; the message does not quote it, since it may hold a
            password.
    """
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "database URL: not valid for PostgreSQL's own clients; write it as "
            "postgresql://user:password@host:port/database, without a driver such as +asyncpg"
        ) from None
    pinned = {**PRINTING, "search_path": SEARCH_PATH, **settings}
    options = " ".join(f"-c {name}={value}" for name, value in pinned.items())
    return make_conninfo(
        dsn,
        options=f"{given.get('options', '')} {options}".strip(),
        client_encoding="UTF8",
        connect_timeout=given.get("connect_timeout", connect_seconds),
        fallback_application_name="crossfade",
    )


def _printed_values() -> AdaptersMap:
    """Return adapters that load every type as text, unparsed."""
    adapters = AdaptersMap(psycopg.adapters)
    for info in psycopg.adapters.types:
        for oid in (info.oid, info.array_oid):
            if oid:
                adapters.register_loader(oid, TextLoader)
    return adapters
