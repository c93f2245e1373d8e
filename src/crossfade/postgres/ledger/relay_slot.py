"""A relay's slot among the relays: a numbered advisory lock on a connection of its own."""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

import psycopg
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import ConfigurationError, Unavailable
from crossfade.postgres.errors import deadline, translated
from crossfade.postgres.queries import query

RELAY_LOCKS = 0x43465253
"""The class of the relays' advisory locks; the number of a lock is that of its slot."""


class RelaySlot:
    """A slot, held by a connection; when the connection breaks, the next query acquires a new one.

    Args:
        pool: the pool that the connection is taken from.
        relays_max: the number of slots.
        answer_seconds: the time limit of one query.
    """

    def __init__(self, pool: AsyncConnectionPool, relays_max: int, answer_seconds: float) -> None:
        self._pool = pool
        self._answer_seconds = answer_seconds
        self._relays_max = relays_max
        self._connection: psycopg.AsyncConnection[tuple[str, ...]] | None = None
        self._lock = asyncio.Lock()

    async def execute(
        self, name: LiteralString, parameters: dict[str, Any]
    ) -> list[tuple[str, ...]]:
        """Return the rows of a query on the slot's connection, which is acquired if there is none.

        Args:
            name: the query.
            parameters: its parameters except `lock_class`.

        Raises:
            ConfigurationError: every slot is taken.
            Unavailable: the source cannot answer; the next call acquires a slot again.
        """
        async with self._lock:
            try:
                with translated(), deadline(self._answer_seconds):
                    async with asyncio.timeout(self._answer_seconds):
                        connection = self._connection or await self._acquire()
                        cursor = await connection.execute(
                            query(name), {**parameters, "lock_class": RELAY_LOCKS}
                        )
                        return await cursor.fetchall()
            except Unavailable:
                await self._release()
                raise

    async def release(self) -> None:
        """Release the slot and return its connection to the pool."""
        async with self._lock:
            await self._release()

    async def _acquire(self) -> psycopg.AsyncConnection[tuple[str, ...]]:
        self._connection = await self._pool.getconn()
        cursor = await self._connection.execute(
            query("relay_slot_acquire"), {"relays_max": self._relays_max, "lock_class": RELAY_LOCKS}
        )
        if await cursor.fetchone() is None:
            await self._release()
            raise ConfigurationError(
                f"{self._relays_max} relays run on this database already; "
                "stop one, or raise relays_max"
            )
        return self._connection

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.execute(query("relay_slot_release"))
        except psycopg.Error:
            await connection.close()
        await self._pool.putconn(connection)
