"""Take the capture away again."""

from __future__ import annotations

from functools import partial

import psycopg

from crossfade.errors import UndeliveredChanges
from crossfade.postgres.capture.locking import InstallOptions, installer, patiently
from crossfade.postgres.capture.triggers import SCHEMA
from crossfade.postgres.mapped_sql import identifier
from crossfade.postgres.queries import query


async def uninstall(
    dsn: str, *, force: bool = False, options: InstallOptions | None = None
) -> tuple[str, ...]:
    """Drop the triggers and the schema, in one transaction; the tables are as they were before.

    Args:
        dsn: the source, as a role that owns the tables and the schema.
        force: forget keys that are still dirty.
        options: patience with locks.

    Returns:
        The tables that are no longer captured; none when nothing was installed.

    Raises:
        UndeliveredChanges: keys are dirty; nothing was changed.
        Contended: a table was never free for a moment, or another installer is at work.
        Unavailable: the server cannot be reached, or refuses.
    """
    async with installer(dsn) as connection:
        return await patiently(
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
            f"{row[0]} keys have not reached the target; run the relay until none is dirty, "
            "or force the removal and forget them"
        )
    await connection.execute(query("drop_schema"))
    return tuple(dict.fromkeys(f"{schema}.{table}" for schema, table, _ in triggers))
