"""The installation of the capture: the schema, then the triggers of each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import psycopg

from crossfade.errors import ConfigurationError
from crossfade.mapping.canary import canary_mapping
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres.capture.locking import InstallOptions, installer, retry_while_locked
from crossfade.postgres.capture.schema import migrate_schema
from crossfade.postgres.capture.triggers import (
    SCHEMA,
    Guard,
    capture_function,
    function_name,
    guard_statements,
    key_form,
)
from crossfade.postgres.catalog import mismatches
from crossfade.postgres.mapped_sql import fingerprint, identifier, table_name
from crossfade.postgres.queries import query
from crossfade.postgres.table_shape import read_tables

CANARY = canary_mapping()


class Change(StrEnum):
    """The change that an installation made to one mapping."""

    INSTALLED = "installed"
    UPDATED = "updated"  # the declaration changed
    REPAIRED = "repaired"  # a trigger was missing or disabled
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Installed:
    """The result of an installation for one mapping."""

    entity: str
    table: str
    change: Change


async def install(
    dsn: str, mappings: Sequence[Mapping], options: InstallOptions | None = None
) -> tuple[Installed, ...]:
    """Capture every write to the mapped tables from now on; a repetition changes nothing.

    The role must own the tables and have the right to create a schema; the triggers run with its
    rights, so that the application's roles need none.

    Args:
        dsn: the database URL of the source, with that role.
        mappings: the mappings of the tables.
        options: the limits of waiting for locks.

    Returns:
        The change of each mapping.

    Raises:
        ConfigurationError: mappings and tables differ, each difference on a line of its own; or the
            schema belongs to a newer release.
        Contended: a table was locked in every attempt, or another installer is running.
        Unavailable: the server cannot be reached, or refuses.
    """
    chosen = options or InstallOptions()
    async with installer(dsn) as connection:
        shapes = await _check(connection, mappings)
        await migrate_schema(connection, chosen)
        done = []
        for mapping in sorted(mappings, key=table_name):
            capture = partial(_capture, connection, mapping, shapes[mapping.name])
            change = await retry_while_locked(connection, capture, chosen, mapping.table)
            done.append(Installed(mapping.name, mapping.table, change))
        await retry_while_locked(
            connection, partial(_capture_canary, connection), chosen, CANARY.table
        )
        return tuple(done)


async def _check(
    connection: psycopg.AsyncConnection, mappings: Sequence[Mapping]
) -> dict[str, str | None]:
    """Compare the mappings with the catalog; return the shape of each mapping's table.

    Raises:
        ConfigurationError: they differ.
    """
    tables = await read_tables(connection, mappings)
    found = [
        difference
        for mapping in mappings
        for difference in mismatches(mapping, tables[table_name(mapping)])
    ]
    if found:
        raise ConfigurationError("\n".join(found))
    return {mapping.name: tables[table_name(mapping)].shape for mapping in mappings}


async def _capture(
    connection: psycopg.AsyncConnection, mapping: Mapping, shape: str | None
) -> Change:
    """Update one mapping's function and triggers to its declaration; return the change.

    A table is locked only if one of its triggers is missing or disabled.

    Raises:
        ConfigurationError: the key columns changed, and the ledger has keys.
    """
    schema, table = table_name(mapping)
    cursor = await connection.execute(
        query("record_mapping"),
        {
            "entity": mapping.name,
            "schema": schema,
            "table": table,
            "key_form": key_form(mapping),
            "fingerprint": fingerprint(mapping),
            "version": mapping.version,
            "table_shape": shape,
        },
    )
    known_form, known_fingerprint, has_keys = await cursor.fetchone() or (None, None, False)
    if has_keys and known_form not in {None, key_form(mapping)}:
        raise ConfigurationError(
            f"mapping {mapping.name}: its key columns changed, and the ledger has keys of the old "
            "form; give the mapping a new name, or uninstall first and backfill afterwards"
        )
    await _define(connection, mapping)
    cursor = await connection.execute(query("guards"), {"entity": mapping.name})
    statements = guard_statements(mapping, [Guard(*row) for row in await cursor.fetchall()])
    for statement in statements:
        await connection.execute(statement, ())
    if statements:
        await connection.execute(query("activate"), {"entity": mapping.name})
    return _change(known_fingerprint, fingerprint(mapping), has_statements=bool(statements))


async def _capture_canary(connection: psycopg.AsyncConnection) -> None:
    """Capture the canary, which is not recorded as a mapping and so is not counted."""
    await _define(connection, CANARY)
    for statement in guard_statements(
        CANARY,
        [Guard(*table_name(CANARY), is_root=True, is_captured=False, refuses_truncate=True)],
    ):
        await connection.execute(statement, ())


async def _define(connection: psycopg.AsyncConnection, mapping: Mapping) -> None:
    """Create a mapping's capture function, which no role may call directly."""
    await connection.execute(capture_function(mapping), ())
    await connection.execute(
        query("revoke_function").format(function=identifier(SCHEMA, function_name(mapping))), ()
    )


def _change(before: str | None, now: str, *, has_statements: bool) -> Change:
    if before is None:
        return Change.INSTALLED
    if before != now:
        return Change.UPDATED
    return Change.REPAIRED if has_statements else Change.UNCHANGED
