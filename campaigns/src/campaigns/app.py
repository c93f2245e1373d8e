"""What every action needs: transactions on PostgreSQL, and somebody to tell after a commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from campaigns.database import create_engine
from campaigns.db_errors import translated
from crossfade import DeliveryStatus


class Push(Protocol):
    """Brings a committed row to its other stores; `Migration.push` is one.

    It raises nothing and returns at once unless asked to wait.
    """

    async def __call__(self, entity: str, /, *primary_key: str, wait: bool = False) -> object:
        """Bring the row with this primary key, as PostgreSQL prints it."""


class DeliveryStatusOf(Protocol):
    """Tells where rows stand; `Migration.delivery_status` is one.

    It raises nothing for a failing store and takes about a second at most.
    """

    async def __call__(
        self, entity: str, primary_keys: Sequence[Sequence[str]], /
    ) -> Sequence[DeliveryStatus]:
        """Return where each row stands, in the order asked."""


async def no_push(_entity: str, /, *_primary_key: str, wait: bool = False) -> None:
    """Leave committed rows where they are: PostgreSQL is the only store."""


@dataclass(frozen=True, slots=True)
class App:
    """The application's one argument.

    Attributes:
        sessions: opens transactions on PostgreSQL.
        push: is called after each commit, once for every row that the action changed itself; rows
            changed by a cascade are left to the relay.
        delivery_status: tells where rows stand; None when PostgreSQL is the only store.
    """

    sessions: async_sessionmaker[AsyncSession]
    push: Push
    delivery_status: DeliveryStatusOf | None = None


@asynccontextmanager
async def open_app(
    dsn: str,
    push: Push = no_push,
    connections_max: int = 10,
    *,
    delivery_status: DeliveryStatusOf | None = None,
) -> AsyncIterator[App]:
    """Open the application on a database and close its connections at the end.

    Args:
        dsn: any form that libpq takes.
        push: what to call after each commit.
        connections_max: how many connections are open at most.
        delivery_status: tells where rows stand.
    """
    engine = create_engine(dsn, connections_max)
    try:
        yield App(async_sessionmaker(engine, expire_on_commit=False), push, delivery_status)
    finally:
        await engine.dispose()


@asynccontextmanager
async def transaction(app: App) -> AsyncIterator[AsyncSession]:
    """Commit at the end of the block, roll back when it raises.

    Raises:
        Conflict: a unique value is taken.
        Invalid: PostgreSQL cannot hold a value.
        NotFound: a row that is referred to is gone.
        Unavailable: PostgreSQL does not answer or is too busy.
    """
    async with translated(), app.sessions.begin() as db:
        yield db
