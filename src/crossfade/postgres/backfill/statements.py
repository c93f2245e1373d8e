"""The backfill's SQL from a mapping. Pure."""

from __future__ import annotations

from psycopg import sql

from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres.keyset import keyset_page
from crossfade.postgres.mapped_sql import (
    SOURCE,
    body_alias,
    body_joins,
    body_values,
    column_of,
    identifier,
    is_as_installed,
    key_expression,
    large_columns,
    plain_columns,
    primary_key_columns,
    table_literal,
    table_name,
)
from crossfade.postgres.queries import query

_WITHOUT_ENTRY = sql.SQL("WHERE known.key IS NULL")


def page_statement(
    mapping: Mapping, *, with_ledger: bool = True, has_last: bool, has_through: bool
) -> sql.Composed:
    """Return the statement that reads a page, see `keyset_page`.

    Its columns: the ledger key, whether the ledger has an entry for it, epoch of the snapshot, the
    mapped columns, then the digest and size of each body.

    Args:
        mapping: the table.
        with_ledger: whether the ledger is read; if not, every digest consists of zeros.
        has_last: whether the page begins after a key.
        has_through: whether the page ends with a key.
    """
    values = [column_of(SOURCE, name) for name in plain_columns(mapping)]
    for position, _ in enumerate(large_columns(mapping)):
        values += body_values(position)
    return query("windows_page" if with_ledger else "census_page").format(
        key=key_expression(mapping, SOURCE),
        values=sql.SQL(", ").join(values),
        page=keyset_page(
            mapping,
            has_last=has_last,
            has_through=has_through,
            conditions=[is_as_installed(mapping)] if with_ledger else [],
        ),
        primary_key=primary_key_columns(mapping),
        entity=sql.Literal(mapping.name),
        bodies=body_joins(mapping, _WITHOUT_ENTRY) if with_ledger else _size_joins(mapping),
    )


def sample_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that reads the keys between a table's windows from a sample."""
    printed = (
        sql.SQL("concat({})").format(column_of(SOURCE, column)) for column in mapping.primary_key
    )
    return query("windows_sample").format(
        key_texts=sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(printed)),
        primary_key=primary_key_columns(mapping),
        table=identifier(*table_name(mapping)),
    )


def sample_share_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that reads the percentage of a table to sample."""
    return query("windows_sample_share").format(table=table_literal(mapping))


def _size_joins(mapping: Mapping) -> sql.Composed:
    return sql.SQL("\n").join(
        query("census_size").format(column=identifier(body.column), alias=body_alias(position))
        for position, body in enumerate(large_columns(mapping))
    )
