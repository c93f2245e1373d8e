"""The input and output of corruption: apply one change to the real stores."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, assert_never

import psycopg
import zstandard
from psycopg import sql

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.columns import Column
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.testing.audit import Stores
from crossfade.testing.corruption.edits import TEXT_TYPES, editable
from crossfade.testing.corruption.kinds import (
    AddObject,
    Change,
    ChangeRow,
    DeleteItem,
    DeleteObject,
    PutItem,
    ReplaceObject,
    TruncateObject,
)

TRUNCATED_BYTES = 8
OTHER_CONTENT = "[Nobody] These are not the words that were spoken."

_UPDATES = {
    "boolean": "NOT {column}",
    "smallint": "{column} + 1",
    "integer": "{column} + 1",
    "bigint": "{column} + 1",
    **dict.fromkeys(TEXT_TYPES, "concat({column}, '~')"),
}
"""The SQL expression that changes a column, by the beginning of its type."""


def apply(stores: Stores, mapping: Mapping, change: Change) -> None:
    """Apply one change, unconditionally; blocks.

    Raises:
        ConfigurationError: no column of the table can be changed.
    """
    table, bucket = {"TableName": stores.table_name}, {"Bucket": stores.bucket}
    match change:
        case PutItem(item):
            stores.dynamodb.put_item(**table, Item=dict(item))
        case DeleteItem(item):
            key = {name: item[name] for name in ("pk", "sk")}
            stores.dynamodb.delete_item(**table, Key=key)
        case DeleteObject(object_key):
            stores.s3.delete_object(**bucket, Key=object_key)
        case TruncateObject(object_key):
            _rewrite(stores, object_key, None)
        case ReplaceObject(object_key):
            _rewrite(stores, object_key, _compressed(OTHER_CONTENT))
        case AddObject(object_key, content):
            _add(stores, object_key, content)
        case ChangeRow(primary_key):
            _change_uncaptured(stores.dsn, mapping, primary_key)
        case _:
            assert_never(change)


def _rewrite(stores: Stores, object_key: str, data: bytes | None) -> None:
    """Replace the bytes of an object and keep its metadata; None: cut its end off."""
    answer = stores.s3.get_object(Bucket=stores.bucket, Key=object_key)
    stored = answer["Body"].read()
    stores.s3.put_object(
        Bucket=stores.bucket,
        Key=object_key,
        Body=stored[:-TRUNCATED_BYTES] if data is None else data,
        ContentType=answer["ContentType"],
        ContentEncoding=answer.get("ContentEncoding", ""),
        Metadata=answer["Metadata"],
    )


def _add(stores: Stores, object_key: str, content: str) -> None:
    plain = content.encode()
    stores.s3.put_object(
        Bucket=stores.bucket,
        Key=object_key,
        Body=_compressed(content),
        ContentType="text/plain; charset=utf-8",
        ContentEncoding="zstd",
        Metadata={
            "plain-sha256": sha256(plain).hexdigest(),
            "plain-bytes": str(len(plain)),
        },
    )


def _compressed(content: str) -> bytes:
    return zstandard.ZstdCompressor().compress(content.encode())


def _change_uncaptured(dsn: str, mapping: Mapping, primary_key: tuple[str, ...]) -> None:
    """Change a row while its table's capture triggers are disabled, in one transaction."""
    table = sql.Identifier(*mapping.table.split("."))
    with psycopg.connect(dsn) as connection:
        triggers = _capture_triggers(connection, mapping)
        _alter_triggers(connection, table, triggers, sql.SQL("DISABLE TRIGGER"))
        if not any(
            _changed(connection, mapping, column, primary_key) for column in editable(mapping)
        ):
            raise ConfigurationError(
                f"mapping {mapping.name}: no column accepts another value; choose another class"
            )
        _alter_triggers(connection, table, triggers, sql.SQL("ENABLE ALWAYS TRIGGER"))


def _capture_triggers(connection: psycopg.Connection[Any], mapping: Mapping) -> list[str]:
    rows = connection.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgfoid = "
        "to_regprocedure('crossfade.' || quote_ident('capture_' || %s) || '()')",
        (mapping.table, mapping.name),
    )
    return [name for (name,) in rows]


def _alter_triggers(
    connection: psycopg.Connection[Any],
    table: sql.Identifier,
    triggers: list[str],
    action: sql.SQL,
) -> None:
    for name in triggers:
        statement = sql.SQL("ALTER TABLE {} {} {}").format(table, action, sql.Identifier(name))
        connection.execute(statement)


def _changed(
    connection: psycopg.Connection[Any],
    mapping: Mapping,
    column: Column,
    primary_key: tuple[str, ...],
) -> bool:
    """Try to change one column of a row; return False if a constraint forbids it."""
    update = next((text for name, text in _UPDATES.items() if column.type.startswith(name)), None)
    if update is None:
        return False
    statement = sql.SQL("UPDATE {} SET {} = {} WHERE {} AND {} IS NOT NULL").format(
        sql.Identifier(*mapping.table.split(".")),
        sql.Identifier(column.name),
        sql.SQL(update).format(column=sql.Identifier(column.name)),
        sql.SQL(" AND ").join(
            sql.SQL("{}::text = %s").format(sql.Identifier(name)) for name in mapping.primary_key
        ),
        sql.Identifier(column.name),
    )
    try:
        with connection.transaction():
            return connection.execute(statement, primary_key).rowcount == 1
    except (psycopg.IntegrityError, psycopg.DataError):
        return False
