"""The ledger key that PostgreSQL computes from `key_parts` is the one that the codec computes."""

from __future__ import annotations

from itertools import product

import psycopg
from psycopg import sql

from crossfade.mapping import Codec, Column, Mapping, Shape
from crossfade.postgres.mapped_sql import key_expression
from support.engines.values import Database
from support.mappings import table

COLUMNS = ("id", "a", "b", "c", "flag", "code")
THING = Mapping(
    name="thing",
    table="public.things",
    primary_key=("id",),
    columns=(
        Column("id", "integer", required=True),
        Column("a", "text"),
        Column("b", "timestamp with time zone"),
        Column("c", "text", required=True),
        Column("flag", "boolean", required=True),
        Column("code", "character(3)", required=True),
    ),
    shapes=(
        Shape("both", {"record": table("BOTH#${a}#${b}", "T#${id}")}),
        Shape("one", {"record": table("ONE#${a}#${code}", "T#${id}")}),
        Shape("rest", {"record": table("REST#${flag}#${c}", "T#${id}")}),
    ),
    service="test",
)


def test_sql_and_codec_agree_on_every_row(every_database: Database) -> None:
    codec = Codec(THING)
    with psycopg.connect(every_database.dsn, options="-c TimeZone=UTC") as connection:
        connection.execute(
            "CREATE TABLE things (id serial PRIMARY KEY, a text, b timestamptz, c text NOT NULL,"
            " flag boolean NOT NULL, code character(3) NOT NULL)"
        )
        for values in product(
            (None, "", "a"), (None, "2026-01-02 03:04:05.60+00"), ("c", ""), (True, False)
        ):
            connection.execute(
                "INSERT INTO things (a, b, c, flag, code) VALUES (%s, %s, %s, %s, 'x')", values
            )
        texts = sql.SQL(", ").join(
            sql.SQL("CASE WHEN {0} IS NOT NULL THEN concat({0}) END").format(sql.Identifier(name))
            for name in COLUMNS
        )
        statement = sql.SQL("SELECT {key}, {texts} FROM things AS source").format(
            key=key_expression(THING, sql.Identifier("source")), texts=texts
        )
        rows = connection.execute(statement).fetchall()
    assert len(rows) == 24
    for parts, *printed in rows:
        assert tuple(parts) == codec.key_of(dict(zip(COLUMNS, printed, strict=True))).parts
