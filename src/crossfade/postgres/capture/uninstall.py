"""The removal of the capture."""

from __future__ import annotations

from functools import partial

import psycopg

from crossfade.errors import UndeliveredChanges
from crossfade.postgres.capture.locking import InstallOptions, installer, retry_while_locked
from crossfade.postgres.capture.triggers import SCHEMA
from crossfade.postgres.mapped_sql import identifier
from crossfade.postgres.queries import query


async def uninstall(
    dsn: str, *, force: bool = False, options: InstallOptions | None = None
) -> tuple[str, ...]:
    """Drop the triggers and the schema in one transaction, so that the tables are as before.

    Args:
        dsn: the database URL of the source, with a role that owns the tables and the schema.
        force: whether to uninstall even if keys are dirty.
        options: the limits of waiting for locks.

    Returns:
        The tables that are no longer captured; none if nothing was installed.

    Raises:
        UndeliveredChanges: keys are dirty; nothing was changed.
        Contended: a table was locked in every attempt, or another installer is running.
        Unavailable: the server cannot be reached, or refuses.
    """
    async with installer(dsn) as connection:
        return await retry_while_locked(
            connection,
            partial(_remove, connection, force=force),
            options or InstallOptions(),
            f"schema {SCHEMA}",
        )


async def _remove(connection: psycopg.AsyncConnection, *, force: bool) -> tuple[str, ...]:
    cursor = await connection.execute(query("is_installed"))
    if await cursor.fetchone() != (True,):
        return ()
    triggers = await (await connection.execute(query("triggers"))).fetchall()
    for schema, table, trigger in triggers:
        await connection.execute(
            query("drop_trigger").format(
                trigger=identifier(trigger), table=identifier(schema, table)
            ),
            (),
        )
    row = await (await connection.execute(query("dirty_count"))).fetchone()
    if row and row[0] and not force:
        raise UndeliveredChanges(
            f"{row[0]} keys have not reached the target; run the relay until no key is dirty, "
            "or force the removal and lose them"
        )
    await connection.execute(query("drop_schema"))
    return tuple(dict.fromkeys(f"{schema}.{table}" for schema, table, _ in triggers))
