"""A relay's seat among the relays: a numbered advisory lock on a connection of its own."""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

import psycopg
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import ConfigurationError, Unavailable
from crossfade.postgres.errors import deadline, translated
from crossfade.postgres.queries import query

RELAY_LOCKS = 0x43465253
"""The class of the relays' advisory locks; the lock's number is the seat."""


class RelaySlot:
    """The connection that holds the lock; when it breaks the seat is free, and taken anew.

    Args:
        pool: where the connection comes from.
        relays_max: seats there are.
        answer_seconds: how long one query may take.
    """

    def __init__(self, pool: AsyncConnectionPool, relays_max: int, answer_seconds: float) -> None:
        self._pool = pool
        self._answer_seconds = answer_seconds
        self._relays_max = relays_max
        self._connection: psycopg.AsyncConnection[tuple[str, ...]] | None = None
        self._turn = asyncio.Lock()

    async def execute(
        self, name: LiteralString, parameters: dict[str, Any]
    ) -> list[tuple[str, ...]]:
        """Run a query on the seat's connection; the lock's class is added to its parameters.

        Raises:
            ConfigurationError: all seats are taken.
            Unavailable: the source cannot answer; the next call takes a seat anew.
        """
        async with self._turn:
            try:
                with translated(), deadline(self._answer_seconds):
                    async with asyncio.timeout(self._answer_seconds):
                        connection = self._connection or await self._enter()
                        cursor = await connection.execute(
                            query(name), {**parameters, "lock_class": RELAY_LOCKS}
                        )
                        return await cursor.fetchall()
            except Unavailable:
                await self._leave()
                raise

    async def leave(self) -> None:
        """Free the seat."""
        async with self._turn:
            await self._leave()

    async def _enter(self) -> psycopg.AsyncConnection[tuple[str, ...]]:
        self._connection = await self._pool.getconn()
        cursor = await self._connection.execute(
            query("relay_slot_acquire"), {"relays_max": self._relays_max, "lock_class": RELAY_LOCKS}
        )
        if await cursor.fetchone() is None:
            await self._leave()
            raise ConfigurationError(
                f"{self._relays_max} relays run on this database already; "
                "stop one, or raise relays_max"
            )
        return self._connection

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.execute(query("relay_slot_release"))
        except psycopg.Error:
            await connection.close()
        await self._pool.putconn(connection)
