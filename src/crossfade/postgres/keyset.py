"""Keyset paging: pages of a mapped table in the order of its primary key. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres.mapped_sql import identifier, primary_key_columns, table_name, typed_key
from crossfade.postgres.queries import query


def keyset_page(
    mapping: Mapping,
    *,
    has_last: bool,
    has_through: bool = False,
    conditions: Sequence[sql.Composable] = (),
) -> sql.Composed:
    """Return a page of a table as an item of FROM, with the alias `source`.

    The statement has the parameter `rows_max`, and those of its bounds: `last_key` and
    `through_key`, each a primary key as ``text[]``.

    Args:
        mapping: the table.
        has_last: whether the page begins after `last_key`; else it begins with the first row.
        has_through: whether the page ends with `through_key`, included; else with the last row.
        conditions: further conditions on its rows.
    """
    return query("keyset_page").format(
        table=identifier(*table_name(mapping)),
        conditions=sql.SQL(" AND ").join(
            (_bounds(mapping, has_last=has_last, has_through=has_through), *conditions)
        ),
        primary_key=primary_key_columns(mapping),
    )


def _bounds(mapping: Mapping, *, has_last: bool, has_through: bool) -> sql.Composable:
    """Return the bounds; the key is compared by its columns' types, so that its index is used."""
    bounds = [
        sql.SQL("({}) {} ({})").format(
            primary_key_columns(mapping),
            sql.SQL(operator),
            sql.SQL(", ").join(typed_key(mapping, _key(parameter)).values()),
        )
        for is_bounded, operator, parameter in (
            (has_last, ">", "last_key"),
            (has_through, "<=", "through_key"),
        )
        if is_bounded
    ]
    return sql.SQL(" AND ").join(bounds) if bounds else sql.SQL("true")


def _key(parameter: str) -> sql.Composed:
    return sql.SQL("({}::text[])").format(sql.Placeholder(parameter))
