"""The application object that every action takes: transactions, and the push after a commit."""

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
    """A function that delivers a committed row to the target stores, such as `Migration.push`.

    It raises nothing, and returns before the delivery unless `wait` is set.
    """

    async def __call__(self, entity: str, /, *primary_key: str, wait: bool = False) -> object:
        """Deliver the row with this primary key, as PostgreSQL prints it."""


class DeliveryStatusOf(Protocol):
    """A function that reads the delivery status of rows, such as `Migration.delivery_status`.

    It raises nothing if a store fails, and takes about a second at most.
    """

    async def __call__(
        self, entity: str, primary_keys: Sequence[Sequence[str]], /
    ) -> Sequence[DeliveryStatus]:
        """Return the status of each row, in the order of `primary_keys`."""


async def no_push(_entity: str, /, *_primary_key: str, wait: bool = False) -> None:
    """Do nothing: PostgreSQL is the only store."""


@dataclass(frozen=True, slots=True)
class App:
    """The first argument of every action.

    Attributes:
        sessions: opens transactions on PostgreSQL.
        push: called after each commit, once per row that the action changed; the relay delivers
            rows that a cascade changed.
        delivery_status: reads the delivery status of rows; None if PostgreSQL is the only store.
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
        push: called after each commit.
        connections_max: size of the connection pool.
        delivery_status: reads the delivery status of rows.
    """
    engine = create_engine(dsn, connections_max)
    try:
        yield App(async_sessionmaker(engine, expire_on_commit=False), push, delivery_status)
    finally:
        await engine.dispose()


@asynccontextmanager
async def transaction(app: App) -> AsyncIterator[AsyncSession]:
    """Run a block in a transaction: commit at its end, roll back if it raises.

    Raises:
        Conflict: a unique value is taken.
        Invalid: PostgreSQL cannot store a value.
        NotFound: a referenced row does not exist.
        Unavailable: PostgreSQL does not answer or is too busy.
    """
    async with translated(), app.sessions.begin() as db:
        yield db
