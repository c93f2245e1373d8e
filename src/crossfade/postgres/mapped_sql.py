"""SQL from a mapping. Pure."""

from __future__ import annotations

import re
from hashlib import sha256

from psycopg import sql

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.mapping import Body, KeyPart, Mapping
from crossfade.postgres.queries import query

SOURCE = sql.SQL("source")
"""The alias of the mapped table in every generated statement."""

GIVEN_KEY = sql.SQL("given.key")
"""A key parameter of a statement, as ``text[]``."""
NOTHING = sql.SQL("")

_TYPE_NAME = re.compile(r'(?:"[^"%]+"|[A-Za-z0-9_ .,()])+')


def table_name(mapping: Mapping) -> tuple[str, str]:
    """Return a mapping's schema and table."""
    schema, _, table = mapping.table.partition(".")
    return schema, table


def identifier(*names: str) -> sql.Identifier:
    """Return a quoted name for a statement with parameters, where a percent sign is doubled."""
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def table_literal(mapping: Mapping) -> sql.Literal:
    """Return a table's name as text, for a statement with parameters."""
    return sql.Literal(identifier(*table_name(mapping)).as_string())


def key_expression(mapping: Mapping, row: sql.Composable) -> sql.Composed:
    """Return the ledger key of a row as ``text[]``, in bytewise order.

    `concat` prints a value as PostgreSQL does for a client; a cast to text does not: it cuts the
    blanks of ``character(n)``, adds a mask to ``inet``, and writes ``true`` for ``t``.
    """
    parts = sql.SQL(", ").join(_part(part, row) for part in mapping.key_parts)
    return sql.SQL('(ARRAY[{}]::text[] COLLATE "C")').format(parts)


def fingerprint(mapping: Mapping) -> str:
    """Return a digest of the parts of a mapping that describe its table."""
    declared = (
        mapping.table,
        mapping.primary_key,
        tuple((column.name, column.type) for column in mapping.columns),
        tuple((body.column, body.prefix, body.overflow_only) for body in mapping.bodies),
        mapping.ignored,
        mapping.key_parts,
        mapping.version,
    )
    return sha256(repr(declared).encode()).hexdigest()


def is_as_installed(mapping: Mapping) -> sql.Composed:
    """Return the condition that the mapping is the installed one and its table is unchanged.

    Every statement that reads rows contains it, in its own snapshot, and is refused if it is false.
    Without an installation, or with one of a release that recorded no shapes, it is true.
    """
    table = sql.SQL("to_regclass({})").format(table_literal(mapping))
    return query("is_as_installed").format(
        entity=sql.Literal(mapping.name),
        fingerprint=sql.Literal(fingerprint(mapping)),
        table_shape=query("table_shape").format(table=table),
    )


def fetch_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that reads rows and versions of keys.

    Its columns: ordinal, version, attempts, epoch of the snapshot, whether the row exists, the
    mapped columns, then the digest and size of each body and whether its object is stored.
    """
    values = [column_of(SOURCE, name) for name in plain_columns(mapping)]
    for position, body in enumerate(large_columns(mapping)):
        stored = query("fetch_stored").format(
            prefix=sql.Literal(body.prefix), alias=body_alias(position)
        )
        values += [*body_values(position), stored]
    return query("fetch").format(
        entity=sql.Literal(mapping.name),
        table=identifier(*table_name(mapping)),
        exists=sql.SQL("{} IS NOT NULL").format(column_of(SOURCE, mapping.primary_key[0])),
        values=sql.SQL(", ").join(values),
        is_same_row=is_same_row(mapping),
        is_as_installed=is_as_installed(mapping),
        key=key_expression(mapping, SOURCE),
        bodies=body_joins(mapping),
    )


def body_statement(mapping: Mapping, column: str) -> sql.Composed:
    """Return the statement that reads one large column of a key's row."""
    return query("body").format(
        column=identifier(column),
        table=identifier(*table_name(mapping)),
        is_same_row=is_same_row(mapping),
        key=key_expression(mapping, SOURCE),
    )


def plain_columns(mapping: Mapping) -> tuple[str, ...]:
    """Return the columns that are read with the row."""
    large = {body.column for body in large_columns(mapping)}
    return tuple(column.name for column in mapping.columns if column.name not in large)


def large_columns(mapping: Mapping) -> tuple[Body, ...]:
    """Return the bodies of which only the digest is read with the row."""
    return tuple(body for body in mapping.bodies if not body.overflow_only)


def body_digest(column: str) -> sql.Composed:
    """Return the SHA-256 digest of a body's content, in hexadecimal digits."""
    return query("body_digest").format(content=_body_content(column))


def body_joins(mapping: Mapping, condition: sql.SQL = NOTHING) -> sql.Composed:
    """Return the joins that compute digest and size of each large column.

    Args:
        mapping: the table.
        condition: a WHERE clause; bodies of other rows are not read, and have no digest.
    """
    return sql.SQL("\n").join(
        query("body_join").format(
            digest=query("body_digest").format(content=sql.SQL("content")),
            content=_body_content(body.column),
            condition=condition,
            alias=body_alias(position),
        )
        for position, body in enumerate(large_columns(mapping))
    )


def body_values(position: int) -> list[sql.Composed]:
    """Return digest and size of the large column at a position."""
    alias = body_alias(position)
    return [sql.SQL("{}.digest").format(alias), sql.SQL("{}.size_bytes").format(alias)]


def body_alias(position: int) -> sql.Identifier:
    """Return the alias of the join of the large column at a position."""
    return sql.Identifier(f"body_{position}")


def _body_content(column: str) -> sql.Composed:
    return query("body_content").format(column=identifier(column))


def is_same_row(mapping: Mapping, key: sql.Composable = GIVEN_KEY) -> sql.Composed:
    """Return the condition that a row has a given primary key.

    The key is compared by its columns' types, so that its index can be used.

    Args:
        mapping: the table.
        key: the key, as ``text[]``.
    """
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(column_of(SOURCE, column), value)
        for column, value in typed_key(mapping, key).items()
    )


def printed_key_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that prints a primary key as in a ledger key."""
    values = typed_key(mapping, GIVEN_KEY).values()
    printed = [sql.SQL("concat({})").format(value) for value in values]
    return query("printed_key").format(columns=sql.SQL(", ").join(printed))


def primary_key_columns(mapping: Mapping) -> sql.Composed:
    """Return the columns of the primary key, separated by commas."""
    return sql.SQL(", ").join(column_of(SOURCE, column) for column in mapping.primary_key)


def typed_key(mapping: Mapping, key: sql.Composable) -> dict[str, sql.Composed]:
    """Return each column of a primary key that is given as ``text[]``, by the column's own type.

    Raises:
        ConfigurationError: the name of a column's type is not valid.
    """
    types = {part.column: part.type for part in mapping.key_parts}
    return {
        column: sql.SQL("CAST({}[{}] AS {})").format(
            key, sql.Literal(position), type_name(column, types[column])
        )
        for position, column in enumerate(mapping.primary_key, start=1)
    }


def _part(part: KeyPart, row: sql.Composable) -> sql.Composed:
    text = sql.SQL("CASE WHEN {column} IS NOT NULL THEN concat({column}) END").format(
        column=column_of(row, part.column)
    )
    if part.is_always_used:
        return text
    *cases, last = part.cases
    branches = [
        sql.SQL("WHEN {} THEN {} ").format(
            _all_present(case.present, row), text if case.used else sql.SQL("NULL")
        )
        for case in cases
    ]
    return sql.SQL("CASE {}ELSE {} END").format(
        sql.SQL("").join(branches), text if last.used else sql.SQL("NULL")
    )


def _all_present(columns: tuple[str, ...], row: sql.Composable) -> sql.Composable:
    if not columns:
        return sql.SQL("true")
    return sql.SQL(" AND ").join(
        sql.SQL("{} IS NOT NULL").format(column_of(row, column)) for column in columns
    )


def column_of(row: sql.Composable, column: str) -> sql.Composed:
    """Return a column of a row's alias."""
    return sql.SQL("{}.{}").format(row, identifier(column))


def type_name(column: str, name: str) -> sql.SQL:
    """Return a type's name as SQL; no placeholder exists for it, so its form is checked.

    Raises:
        ConfigurationError: the name is not valid.
    """
    if not _TYPE_NAME.fullmatch(name):
        raise ConfigurationError(f"column {column}: its type must be as format_type prints it")
    return sql.SQL(name)
