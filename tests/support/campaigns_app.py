"""The application on a fresh database, with two users and a list of what was pushed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import psycopg
from psycopg.rows import DictRow, dict_row

from campaigns.actions import create_user
from campaigns.app import App, open_app
from campaigns.database import migrate
from campaigns.inputs import NewUser
from campaigns.records import User
from support.engines.values import Database

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@dataclass
class RecordedPushes:
    """A push that records its arguments."""

    seen: list[tuple[str, ...]] = field(default_factory=list)

    async def __call__(self, entity: str, /, *primary_key: str, wait: bool = False) -> None:
        assert not wait
        self.seen.append((entity, *primary_key))


@dataclass(frozen=True)
class Table:
    """The application, an owner, a user who owns nothing, and what was pushed."""

    app: App
    pushes: RecordedPushes
    owner: User
    stranger: User
    dsn: str

    async def sql(self, statement: str, *parameters: object) -> list[DictRow]:
        """Run a statement past the application."""
        async with await psycopg.AsyncConnection.connect(self.dsn, row_factory=dict_row) as db:
            cursor = await db.execute(statement.encode(), parameters or None)
            return await cursor.fetchall() if cursor.description else []

    async def waiting(self, count: int) -> None:
        """Wait until so many requests wait for a lock."""
        with anyio.fail_after(60):
            while (await self.sql(WAITING))[0]["count"] != count:  # noqa: ASYNC110 - the server sets no event
                await anyio.sleep(0.01)


@asynccontextmanager
async def application(database: Database) -> AsyncIterator[Table]:
    """Migrate a fresh database and open the application on it."""
    await migrate(database.dsn)
    pushes = RecordedPushes()
    async with open_app(database.dsn, pushes) as app:
        owner = await create_user(app, NewUser(email="owner@example.org"))
        stranger = await create_user(app, NewUser(email="stranger@example.org"))
        pushes.seen.clear()
        yield Table(app, pushes, owner, stranger, database.dsn)


@asynccontextmanager
async def held(table: Table, statement: str, *parameters: object) -> AsyncIterator[Table]:
    """Hold the locks of a statement until the block ends with a commit."""
    async with await psycopg.AsyncConnection.connect(table.dsn) as db:
        await db.execute(statement.encode(), parameters)
        yield table
