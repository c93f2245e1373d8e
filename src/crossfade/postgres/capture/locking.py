"""Locks of installing and uninstalling: one installer at a time, retries on locked tables."""

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
    """Limits of waiting for locks.

    A trigger is created once every transaction that has written to the table has ended. While an
    attempt waits for them, later writers wait for the attempt: so it ends soon and is repeated.

    Attributes:
        lock_seconds: the time limit of one attempt's wait.
        attempts_max: the highest number of attempts for one table.
        pause_seconds: the first pause between attempts; it doubles.
        pause_seconds_max: the longest pause.
    """

    lock_seconds: float = 0.2
    attempts_max: int = 20
    pause_seconds: float = 0.2
    pause_seconds_max: float = 10.0


@asynccontextmanager
async def installer(dsn: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Open a connection that holds the installer's lock.

    Raises:
        ConfigurationError: the server is too old.
        Contended: another installer is running.
        Unavailable: the server cannot be reached, or refuses the session.
    """
    async with connect(dsn) as connection:
        release = connection.info.server_version
        if release < VERSION_MIN:
            raise ConfigurationError(
                f"PostgreSQL {release // 10000} is too old; "
                f"{VERSION_MIN // 10000} or later is needed"
            )
        async with _installer_lock(connection):
            yield connection


@asynccontextmanager
async def _installer_lock(connection: psycopg.AsyncConnection) -> AsyncIterator[None]:
    """Hold the installer's lock until the block ends.

    It is released here rather than by the end of the session, which the server may notice only
    after this process has opened another one.

    Raises:
        Contended: another installer is running.
    """
    lock = {"lock_class": INSTALLER_LOCK}
    with translated():
        cursor = await connection.execute(query("installer_lock"), lock)
        if await cursor.fetchone() != (True,):
            raise Contended("another installation is running on this database; wait until it ends")
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # a broken connection has released its lock
            await connection.execute(query("installer_unlock"), lock)


async def retry_while_locked(
    connection: psycopg.AsyncConnection,
    change: Callable[[], Awaitable[T]],
    options: InstallOptions,
    subject: str,
) -> T:
    """Make a change in one transaction, retried while another transaction holds a lock it needs.

    Args:
        connection: the installer's.
        change: makes the change.
        options: the limits.
        subject: the table or schema, for the error message.

    Returns:
        The result of the change.

    Raises:
        Contended: another transaction held the lock in every attempt.
        CrossfadeError: the error of the change.
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
        "find a long one in pg_stat_activity, then try again"
    )


async def _attempt(
    connection: psycopg.AsyncConnection, change: Callable[[], Awaitable[T]], lock_seconds: float
) -> T:
    async with connection.transaction():
        await connection.execute(
            query("set_lock_timeout"), {"milliseconds": f"{lock_seconds * 1000:.0f}"}
        )
        return await change()
