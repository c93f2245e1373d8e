"""Connections to PostgreSQL and the migrations of the application's tables."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from campaigns.db_errors import translated
from campaigns.errors import Invalid, Problem

MIGRATIONS = Path(__file__).parent / "migrations"
# An arbitrary key that no other advisory lock of the database uses.
MIGRATION_LOCK = 7_235_119


def create_engine(dsn: str, connections_max: int = 10) -> AsyncEngine:
    """Return a pool of connections with the time zone UTC.

    Args:
        dsn: any form that libpq takes.
        connections_max: size of the pool.

    Raises:
        Invalid: the DSN is malformed.
    """
    try:
        given = conninfo_to_dict(dsn).get("options") or ""
    except psycopg.Error:
        problem = Problem("dsn", "not a connection string", "give postgresql://user@host/database")
        raise Invalid(problem) from None
    options = f"{given} -c timezone=UTC".strip()

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(dsn, options=options)

    return create_async_engine(
        "postgresql+psycopg://",
        async_creator=connect,
        pool_size=connections_max,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration: the packaged scripts and the caller's connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def migrate(dsn: str) -> None:
    """Migrate the database to the newest revision; do nothing if it is there already.

    An advisory lock serialises concurrent calls.

    Raises:
        Invalid: the DSN is malformed, or the database is at a revision of a newer release.
        Unavailable: PostgreSQL does not answer.
    """
    engine = create_engine(dsn, connections_max=1)
    try:
        async with translated(), engine.begin() as connection:
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            await connection.execute(lock, {"key": MIGRATION_LOCK})
            await connection.run_sync(upgrade)
    except CommandError:
        problem = Problem("database", "at an unknown revision", "run a release that knows it")
        raise Invalid(problem) from None
    finally:
        await engine.dispose()


def upgrade(connection: Connection) -> None:
    """Apply the missing revisions in the connection's transaction."""
    command.upgrade(alembic_config(connection), "head")
