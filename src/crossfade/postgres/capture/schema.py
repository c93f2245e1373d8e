"""The ledger's schema: brought up to this release, step by step."""

from __future__ import annotations

from functools import partial

import psycopg
from psycopg import sql

from crossfade.errors import ConfigurationError
from crossfade.postgres.capture.locking import InstallOptions, patiently
from crossfade.postgres.capture.triggers import SCHEMA
from crossfade.postgres.errors import translated
from crossfade.postgres.queries import migrations, query


async def bring_up(connection: psycopg.AsyncConnection, options: InstallOptions) -> None:
    """Apply every step that the schema has not seen, in the order of their numbers.

    Each is a transaction of its own, so an installation that ends in between goes on from there.

    Raises:
        ConfigurationError: the schema has steps that this release does not know.
        Contended: a table of the schema was never free for a moment.
        Unavailable: the server refuses.
    """
    create = partial(connection.execute, query("create_schema"))
    await patiently(connection, create, options, f"schema {SCHEMA}")
    applied = await _applied(connection)
    steps = dict(migrations())
    unknown = applied - steps.keys()
    if unknown:
        raise ConfigurationError(
            f"schema {SCHEMA} is of a newer release (step {max(unknown)}, this one knows "
            f"{max(steps)}); upgrade this one"
        )
    for number in sorted(steps.keys() - applied):
        apply = partial(_apply, connection, number, steps[number])
        await patiently(connection, apply, options, f"schema {SCHEMA}, step {number}")


async def _applied(connection: psycopg.AsyncConnection) -> set[int]:
    with translated():
        cursor = await connection.execute(query("schema_steps"))
        return {row[0] for row in await cursor.fetchall()}


async def _apply(connection: psycopg.AsyncConnection, number: int, step: sql.SQL) -> None:
    await connection.execute(step)
    await connection.execute(query("record_schema_step"), {"version": number})
