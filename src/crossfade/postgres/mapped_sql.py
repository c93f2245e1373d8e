"""SQL from a mapping. Pure: identifiers and literals are composed here and nowhere else."""

from __future__ import annotations

import re
from hashlib import sha256

from psycopg import sql

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.mapping import Body, KeyPart, Mapping
from crossfade.postgres.queries import query

SOURCE = sql.SQL("source")
"""The alias of the mapped table in every generated statement."""

_TYPE_NAME = re.compile(r'(?:"[^"%]+"|[A-Za-z0-9_ .,()])+')


def table_name(mapping: Mapping) -> tuple[str, str]:
    """Return a mapping's schema and table."""
    schema, _, table = mapping.table.partition(".")
    return schema, table


def identifier(*names: str) -> sql.Identifier:
    """Quote a name for a statement that runs with parameters, where a percent sign is doubled."""
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def table_literal(mapping: Mapping) -> sql.Literal:
    """Return a table's name as text, for a statement that runs with parameters."""
    return sql.Literal(identifier(*table_name(mapping)).as_string())


def key_expression(mapping: Mapping, row: sql.Composable) -> sql.Composed:
    """Return the ledger key of a row as ``text[]``, in bytewise order.

    `concat` prints a value as PostgreSQL does for a client; a cast to text would not: it cuts the
    blanks of ``character(n)``, adds a mask to ``inet``, and writes ``true`` for ``t``.
    """
    parts = sql.SQL(", ").join(_part(part, row) for part in mapping.key_parts)
    return sql.SQL('(ARRAY[{}]::text[] COLLATE "C")').format(parts)


def fingerprint(mapping: Mapping) -> str:
    """Return a digest of what a mapping declares about its table."""
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

    Every statement that reads rows has it, in its own snapshot, and is refused when it does not
    hold. Without an installation, or with one of a release that kept no shapes, it holds.
    """
    table = sql.SQL("to_regclass({})").format(table_literal(mapping))
    return query("is_as_installed").format(
        entity=sql.Literal(mapping.name),
        fingerprint=sql.Literal(fingerprint(mapping)),
        table_shape=query("table_shape").format(table=table),
    )


def fetch_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that reads rows and versions of keys.

    Its columns: ordinal, version, attempts, epoch of the snapshot, whether the row is there, the
    mapped columns, then digest, size and whether it is stored of each body.
    """
    bodies = large_columns(mapping)
    values = [column_of(SOURCE, name) for name in plain_columns(mapping)]
    for position, body in enumerate(bodies):
        values += _body_values(body, sql.Identifier(f"body_{position}"))
    return query("fetch").format(
        entity=sql.Literal(mapping.name),
        table=identifier(*table_name(mapping)),
        is_there=sql.SQL("{} IS NOT NULL").format(column_of(SOURCE, mapping.primary_key[0])),
        values=sql.SQL(", ").join(values),
        is_same_row=is_same_row(mapping),
        is_as_installed=is_as_installed(mapping),
        key=key_expression(mapping, SOURCE),
        digests=sql.SQL("\n").join(
            query("fetch_digest").format(
                column=identifier(body.column), alias=sql.Identifier(f"body_{position}")
            )
            for position, body in enumerate(bodies)
        ),
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
    apart = {body.column for body in large_columns(mapping)}
    return tuple(column.name for column in mapping.columns if column.name not in apart)


def large_columns(mapping: Mapping) -> tuple[Body, ...]:
    """Return the columns of which only the digest is read with the row."""
    return tuple(body for body in mapping.bodies if not body.overflow_only)


def _body_values(body: Body, alias: sql.Identifier) -> list[sql.Composed]:
    return [
        sql.SQL("{}.digest").format(alias),
        sql.SQL("{}.size_bytes").format(alias),
        query("fetch_stored").format(prefix=sql.Literal(body.prefix), alias=alias),
    ]


def is_same_row(mapping: Mapping) -> sql.Composed:
    """Match the primary key by its own type, so that its index serves."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(column_of(SOURCE, column), value)
        for column, value in _asked(mapping).items()
    )


def printed_key_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that prints a primary key as the ledger has it."""
    printed = [sql.SQL("concat({})").format(value) for value in _asked(mapping).values()]
    return query("printed_key").format(columns=sql.SQL(", ").join(printed))


def _asked(mapping: Mapping) -> dict[str, sql.Composed]:
    """Return what was asked for in each column of the primary key, by the column's own type."""
    types = {part.column: part.type for part in mapping.key_parts}
    return {
        column: sql.SQL("CAST(asked.key[{}] AS {})").format(
            sql.Literal(position), type_name(column, types[column])
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
    """Return a type's name as SQL; it has no placeholder of its own, so its form is checked.

    Raises:
        ConfigurationError: this is not the name of a type.
    """
    if not _TYPE_NAME.fullmatch(name):
        raise ConfigurationError(f"column {column}: its type must be as format_type prints it")
    return sql.SQL(name)
