"""Connections to the source, all of them with the same pinned settings.

What a value looks like as text must not depend on who reads it: the capture triggers, which run in
the application's sessions, and the engine's own sessions print under the same `PRINTING`.
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
"""Feed and source only look keys up, through an index: no statistics, missing ones or those of an
empty table, may talk the planner into reading a table whole."""

SEARCH_PATH = "pg_catalog,public,pg_temp"
"""Where the engine's sessions look names up; types elsewhere are named with their schema."""

PoolConnection = psycopg.AsyncConnection[tuple[Any, ...]]
"""A connection of the pool; every value of its rows is text or None."""

VERSION_MIN = 150000
"""The oldest server release that is tested, as `server_version_num` counts."""


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Limits of a pool of connections.

    Attributes:
        connections_max: connections of one process.
        wait_seconds: how long a call waits for a free one.
        connect_seconds: how long opening one may take.
        statement_seconds: how long one statement may take.
        must_answer: whether the server must answer when the pool is opened; else it may come later.
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
    """Open the pool that feed and source share; every value arrives as PostgreSQL prints it.

    Commits do not wait for the disk: what a crash of the server takes back is at most an
    acknowledgement, and its key is then delivered once more. The pool needs sessions of its own: a
    pooler in between must run in session mode. A row that a policy hides from the role is an error,
    not a row that is gone.

    Raises:
        ConfigurationError: the DSN is none.
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
    """Take a connection for one call.

    Raises:
        TimedOut: the call is not over within `seconds`: a server that hangs does not keep its own
            statement_timeout either. It comes up to 10 s later, while the driver tries to cancel.
        CrossfadeError: what the driver raised, in our terms.
    """
    with translated(), deadline(seconds):
        async with asyncio.timeout(seconds), pool.connection() as connection:
            yield connection


@asynccontextmanager
async def connect(dsn: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Open one connection for administration; each statement commits for itself.

    Raises:
        ConfigurationError: the DSN is none.
        Unavailable: the server cannot be reached, or refuses the session.
    """
    with translated():
        connection = await psycopg.AsyncConnection.connect(_conninfo(dsn, {}, 5), autocommit=True)
    async with connection:
        yield connection


def _conninfo(dsn: str, settings: Mapping[str, str], connect_seconds: int) -> str:
    """Add the pinned settings as start-up options, which outlive RESET and DISCARD ALL.

    Raises:
        ConfigurationError: the DSN is none; it is not quoted, since it may hold a password.
    """
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "database URL: not one that PostgreSQL's own clients read; write it as "
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
