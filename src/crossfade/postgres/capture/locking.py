"""What installing and uninstalling share: one installer at a time, patience with locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from crossfade.errors import ConfigurationError, Contended
from crossfade.jobs.backoff import doubled_seconds
from crossfade.postgres.errors import translated
from crossfade.postgres.pool import VERSION_MIN, connect
from crossfade.postgres.queries import query

INSTALLER_LOCK = 0x43464953
"""The class of the advisory lock that an installer holds."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """How long the application's writers may be made to wait, and how often that is tried.

    A trigger is created once every transaction that has written to the table has ended. While one
    attempt waits for them, later writers wait behind it: so it gives up soon, and comes again.

    Attributes:
        lock_seconds: how long one attempt waits.
        attempts_max: attempts for one table.
        pause_seconds: the first pause between attempts; it doubles.
        pause_seconds_max: the longest pause.
    """

    lock_seconds: float = 0.2
    attempts_max: int = 20
    pause_seconds: float = 0.2
    pause_seconds_max: float = 10.0


@asynccontextmanager
async def installer(dsn: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Open the connection of the one installer.

    Raises:
        ConfigurationError: the server is too old.
        Contended: another installer is at work.
        Unavailable: the server cannot be reached, or refuses the session.
    """
    async with connect(dsn) as connection:
        release = connection.info.server_version
        if release < VERSION_MIN:
            raise ConfigurationError(
                f"PostgreSQL {release // 10000} is too old; "
                f"{VERSION_MIN // 10000} or later is needed"
            )
        async with _alone(connection):
            yield connection


@asynccontextmanager
async def _alone(connection: psycopg.AsyncConnection) -> AsyncIterator[None]:
    """Hold the installer's lock.

    It is given back here and not left to the end of the session: the server may notice that only
    after this process has come back with another one.

    Raises:
        Contended: another installer is at work.
    """
    lock = {"lock_class": INSTALLER_LOCK}
    with translated():
        cursor = await connection.execute(query("installer_lock"), lock)
        if await cursor.fetchone() != (True,):
            raise Contended("another installation is under way on this database; wait for it")
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # a connection that broke took its lock along
            await connection.execute(query("installer_unlock"), lock)


async def patiently(
    connection: psycopg.AsyncConnection,
    change: Callable[[], Awaitable[T]],
    options: InstallOptions,
    subject: str,
) -> T:
    """Make a change in one transaction, trying again while a lock is not to be had.

    Raises:
        Contended: every attempt found another transaction on the table.
        CrossfadeError: what the change raised.
    """
    for attempt in range(options.attempts_max):
        if attempt:
            first, longest = options.pause_seconds, options.pause_seconds_max
            await asyncio.sleep(doubled_seconds(first, attempt, longest))
        try:
            with translated():
                return await _attempt(connection, change, options.lock_seconds)
        except Contended:
            continue
    raise Contended(
        f"{subject}: other transactions held it through {options.attempts_max} attempts; "
        "look for a long one in pg_stat_activity, then try again"
    )


async def _attempt(
    connection: psycopg.AsyncConnection, change: Callable[[], Awaitable[T]], lock_seconds: float
) -> T:
    async with connection.transaction():
        await connection.execute(
            query("set_lock_timeout"), {"milliseconds": f"{lock_seconds * 1000:.0f}"}
        )
        return await change()
