"""The migrations of the ledger's schema to this release."""

from __future__ import annotations

from functools import partial

import psycopg
from psycopg import sql

from crossfade.errors import ConfigurationError
from crossfade.postgres.capture.locking import InstallOptions, retry_while_locked
from crossfade.postgres.capture.triggers import SCHEMA
from crossfade.postgres.errors import translated
from crossfade.postgres.queries import migrations, query


async def migrate_schema(connection: psycopg.AsyncConnection, options: InstallOptions) -> None:
    """Apply the missing migrations of the schema, in the order of their numbers.

    Each is a transaction of its own, so that a later installation resumes after an interruption.

    Raises:
        ConfigurationError: the schema has migrations that this release does not know.
        Contended: a table of the schema was locked in every attempt.
        Unavailable: the server refuses.
    """
    create = partial(connection.execute, query("create_schema"))
    await retry_while_locked(connection, create, options, f"schema {SCHEMA}")
    applied = await _applied(connection)
    known = dict(migrations())
    unknown = applied - known.keys()
    if unknown:
        raise ConfigurationError(
            f"schema {SCHEMA} is of a newer release (migration {max(unknown)}, this one knows "
            f"{max(known)}); upgrade this one"
        )
    for number in sorted(known.keys() - applied):
        apply = partial(_apply, connection, number, known[number])
        await retry_while_locked(connection, apply, options, f"schema {SCHEMA}, migration {number}")


async def _applied(connection: psycopg.AsyncConnection) -> set[int]:
    with translated():
        cursor = await connection.execute(query("applied_migrations"))
        return {row[0] for row in await cursor.fetchall()}


async def _apply(connection: psycopg.AsyncConnection, number: int, migration: sql.SQL) -> None:
    await connection.execute(migration)
    await connection.execute(query("record_migration"), {"version": number})
