"""The backfill's SQL from a mapping. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from crossfade.mapping.declaration.mapping import Body, Mapping
from crossfade.postgres.mapped_sql import (
    SOURCE,
    column_of,
    identifier,
    is_as_installed,
    key_expression,
    large_columns,
    plain_columns,
    table_literal,
    table_name,
    type_name,
)
from crossfade.postgres.queries import query


@dataclass(frozen=True, slots=True)
class PageForm:
    """The templates of a page: with the ledger, or without."""

    page: LiteralString
    body: LiteralString


COPY = PageForm("windows_page", "windows_digest")
CENSUS = PageForm("census_page", "census_size")


def page_statement(
    mapping: Mapping, form: PageForm = COPY, *, has_last: bool, has_through: bool
) -> sql.Composed:
    """Return the statement that reads a page.

    Its columns: the ledger key, whether the ledger knows it, epoch of the snapshot, the mapped
    columns, then digest and size of each body.
    """
    bodies = large_columns(mapping)
    values: list[sql.Composable] = [column_of(SOURCE, name) for name in plain_columns(mapping)]
    for position, _ in enumerate(bodies):
        alias = _alias(position)
        values += [sql.SQL("{}.digest").format(alias), sql.SQL("{}.size_bytes").format(alias)]
    return query(form.page).format(
        key=key_expression(mapping, SOURCE),
        values=sql.SQL(", ").join(values),
        table=identifier(*table_name(mapping)),
        bounds=_bounds(mapping, has_last=has_last, has_through=has_through),
        primary_key=_primary_key(mapping, lambda column: column_of(SOURCE, column)),
        entity=sql.Literal(mapping.name),
        is_as_installed=is_as_installed(mapping),
        digests=_digests(bodies, form),
    )


def sample_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that finds where to cut a table into windows."""
    return query("windows_sample").format(
        key_texts=sql.SQL("ARRAY[{}]").format(
            _primary_key(mapping, lambda column: _printed(column_of(SOURCE, column)))
        ),
        primary_key=_primary_key(mapping, lambda column: column_of(SOURCE, column)),
        table=identifier(*table_name(mapping)),
    )


def sample_share_statement(mapping: Mapping) -> sql.Composed:
    """Return the statement that finds how much of a table to sample."""
    return query("windows_sample_share").format(table=table_literal(mapping))


def _bounds(mapping: Mapping, *, has_last: bool, has_through: bool) -> sql.Composable:
    """Compare the primary key by its columns' types, so that its index gives the order."""
    bounds = [
        sql.SQL("({}) {} ({})").format(
            _primary_key(mapping, lambda column: column_of(SOURCE, column)),
            sql.SQL(operator),
            _given(mapping, parameter),
        )
        for is_given, operator, parameter in (
            (has_last, ">", "last_key"),
            (has_through, "<=", "through_key"),
        )
        if is_given
    ]
    return sql.SQL(" AND ").join(bounds) if bounds else sql.SQL("true")


def _given(mapping: Mapping, parameter: str) -> sql.Composed:
    types = {part.column: part.type for part in mapping.key_parts}
    return sql.SQL(", ").join(
        sql.SQL("CAST(({}::text[])[{}] AS {})").format(
            sql.Placeholder(parameter), sql.Literal(place), type_name(column, types[column])
        )
        for place, column in enumerate(mapping.primary_key, start=1)
    )


def _primary_key(mapping: Mapping, form: Callable[[str], sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(form(column) for column in mapping.primary_key)


def _printed(column: sql.Composable) -> sql.Composed:
    return sql.SQL("concat({})").format(column)


def _alias(position: int) -> sql.Identifier:
    return sql.Identifier(f"body_{position}")


def _digests(bodies: Sequence[Body], form: PageForm) -> sql.Composed:
    return sql.SQL("\n").join(
        query(form.body).format(column=identifier(body.column), alias=_alias(position))
        for position, body in enumerate(bodies)
    )
