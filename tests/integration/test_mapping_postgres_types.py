"""Every type of PostgreSQL that applications use, there and back, on real servers.

Values are written as SQL; PostgreSQL's own text is the truth: it must come back from the item.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from crossfade.errors import Unmappable
from crossfade.mapping import Codec, Column, Mapping, Rule, Shape
from crossfade.mapping.state import Live
from support.engines.values import Database

PINNED = (
    "-c DateStyle=ISO -c TimeZone=UTC -c IntervalStyle=iso_8601"
    " -c extra_float_digits=1 -c bytea_output=hex"
)

TIMES = [
    "'2026-11-21 21:35:30.123456'",
    "'2026-11-21 21:35:30.1'",
    "'2026-11-21 21:35:30.000001'",
    "'2026-11-21'",
    "'infinity'",
    "'-infinity'",
    "'0044-03-15 12:00:00 BC'",
    "'0044-03-15 12:00:00.5 BC'",
    "'0001-01-01'",
    "'9999-12-31 23:59:59.999999'",
    "'10000-01-01'",
    "'294276-12-31 23:59:59.999999'",
    "'4713-01-01 00:00:00 BC'",
]
FLOATS = [
    "0",
    "'-0'",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    "0.1",
    "-2.5",
    "100000",
    "123456",
    "1234567",
    "0.0001",
    "0.00001",
    "1.17549435e-38",
    "3.4028235e+38",
]
DOUBLES = [
    *FLOATS,
    "1e300",
    "1e125",
    "9.99e125",
    "1e126",
    "1e-130",
    "1e-131",
    "5e-324",
    "1.7976931348623157e308",
    "123456789012345",
    "1234567890123456",
    "100000000000000",
    "1000000000000000",
    "9007199254740993",
    "0.30000000000000004",
]
TEXTS = [
    "''",
    "' '",
    "'NULL'",
    "'a''b\"c\\d{e},f'",
    "E'line\\nbreak\\ttab\\r'",
    "'Zoë ✨ 🐉 e\u0301 \u202e \U0010ffff \ufffe \x7f\x01'",
    "repeat('x', 100000)",
]
NUMERICS = [
    "0",
    "1.50",
    "-1.50",
    "1000",
    "0.00",
    "99999999999999999999999999999999999999",
    "123456789012345678901234567890123456789",
    "0.000000000000000000000000000001",
    "1e120",
    "'NaN'",
]
DOCUMENTS = [
    "'null'",
    "'{}'",
    "'[]'",
    "'\"\"'",
    "'1.50'",
    "'-0.0'",
    "'1e400'",
    "'123456789012345678901234567890123456789012345'",
    '\'{"b": 1, "a": {"": [true, false, null, "\\u0041\\n\\\\\\""]}}\'',
    '\'{"ä": "🐉", "aa": 0, "b": -1}\'',
]
ARRAYS = [
    "'{}'",
    '\'{a,NULL,"NULL","null",""," ","a b","q\\"q","b\\\\s","{x}","a,b"}\'',
    "'{{a,b},{c,NULL}}'",
    '\'{{{a},{b}},{{""},{"}"}}}\'',
    "'[0:1]={a,b}'",
    "'[2:3][5:5]={{a},{\"b c\"}}'",
    "ARRAY[E'tab\\tnewline\\nfeed\\f vertical\\x0b', 'Zoë ✨', E'\\u00a0\\u2003']",
]
VALUES: dict[str, list[str]] = {
    "text": TEXTS,
    "character varying(100001)": TEXTS,
    "character(5)": ["'en'", "''", "'abcde'", "'Zoë'"],
    "uuid": ["'6f9619ff-8b86-d011-b42d-00cf4fc964ff'"],
    "mood": ["'CALL_OF_CTHULHU'", "'dnd-5e'", "'it''s, \"q\"'"],
    "smallint": ["-32768", "0", "32767"],
    "integer": ["-2147483648", "7"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "numeric": NUMERICS,
    "numeric(12,4)": ["1.5", "-0.0001", "0", "99999999.9999"],
    "numeric(65,30)": ["1200", "12345678901234567890123456789012345.123456789"],
    "real": FLOATS,
    "double precision": DOUBLES,
    "boolean": ["true", "false"],
    "timestamp without time zone": TIMES,
    "timestamp(3) without time zone": TIMES[:3],
    "timestamp with time zone": [*TIMES[:-1], "'2026-03-29 02:30:00.25+05:45'"],
    "timestamp(0) with time zone": ["'2026-11-21 21:35:30.6'"],
    "date": ["'2026-11-21'", "'infinity'", "'0044-03-15 BC'", "'10000-01-01'"],
    "time without time zone": ["'24:00:00'", "'00:00:00.000001'"],
    "time(0) without time zone": ["'19:30'"],
    "time with time zone": ["'19:30:00.5+05:30'"],
    "interval": ["'1 year 2 mons 3 days 04:05:06.7'", "'-1 mon'", "'0'"],
    "bytea": ["'\\x'", "'\\x00ff10'", "sha256('x')"],
    "json": [*DOCUMENTS, '\'{ "a" : 1, "a" : 2 }\'', "'\"\\ud834\"'"],
    "jsonb": DOCUMENTS,
    "inet": ["'10.0.0.1/8'", "'::1'"],
    "tsvector": ["to_tsvector('simple', 'a b''c')"],
    "point": ["'(1,2)'"],
    "positive": ["1", "38"],
    "text[]": ARRAYS,
    "character(3)[]": ["'{a,\"b \",NULL}'"],
    "integer[]": ["'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'", "'[5:6]={1,2}'"],
    "bigint[]": ["'{9223372036854775807}'"],
    "numeric[]": ["'{1.50,NaN,-0.0}'", "'{{1.50},{0.10}}'"],
    "double precision[]": ["'{1e300,-0,NaN,0.1,Infinity,NULL,1e20}'"],
    "real[]": ["'{1e6,1e5,0.1,-0}'"],
    "boolean[]": ["'{t,f,NULL}'"],
    "uuid[]": ["'{6f9619ff-8b86-d011-b42d-00cf4fc964ff}'"],
    "mood[]": ["'{dnd-5e,NULL}'", "ARRAY['it''s, \"q\"']::mood[]"],
    "timestamp with time zone[]": ["'{2026-11-21 21:35:30.5,infinity,0044-03-15 BC,NULL}'"],
    "timestamp without time zone[]": ["'{2026-11-21 21:35:30.123,10000-01-01}'"],
    "date[]": ["'{2026-11-21,infinity}'"],
    "bytea[]": ["ARRAY['\\x00ff'::bytea, '\\x'::bytea, NULL]"],
    "jsonb[]": ["ARRAY['{\"a\": [1, \"x,y\"]}'::jsonb, 'null'::jsonb, NULL, '[]'::jsonb]"],
    "json[]": ["ARRAY['{ \"a\" :1 }'::json]"],
    "box[]": ["'{(1,1),(0,0);(2,2),(0,0)}'"],
    "interval[]": ["'{1 day,-1 mon}'"],
}


def mapping(column: Column) -> Mapping:
    """A mapping of one column besides the id."""
    key = {
        "pk": {"field": "pk", "composite": ["id"], "template": "T#${id}", "casing": "none"},
        "sk": {"field": "sk", "composite": [], "template": "T", "casing": "none"},
    }
    return Mapping(
        name="thing",
        table="public.things",
        primary_key=("id",),
        columns=(Column("id", "integer", required=True), column),
        shapes=(Shape("thing", {"record": key}),),
        service="test",
    )


@pytest.fixture
def connection(every_database: Database) -> Iterator[psycopg.Connection]:
    """A session that prints values as Crossfade's own sessions do, and some types to print."""
    with psycopg.connect(every_database.dsn, options=PINNED, autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('CALL_OF_CTHULHU', 'dnd-5e', 'it''s, \"q\"')")
        connection.execute("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
        yield connection


def printed(connection: psycopg.Connection, type_name: str, values: list[str]) -> list[str]:
    """What PostgreSQL prints for these values after storing them in a column of the type."""
    connection.execute("DROP TABLE IF EXISTS things")
    connection.execute(f"CREATE TABLE things (id serial PRIMARY KEY, value {type_name})")
    for value in values:
        connection.execute(f"INSERT INTO things (value) VALUES ({value})")
    cursor = connection.execute(
        "SELECT concat(value), format_type(atttypid, atttypmod) FROM things,"
        " pg_attribute WHERE attrelid = 'things'::regclass AND attname = 'value' ORDER BY id"
    )
    rows = cursor.fetchall()
    assert {name for _, name in rows} == {type_name}, "types are declared as format_type does"
    return [text for text, _ in rows]


def sent_back(codec: Codec, text: str) -> str | None:
    """The column's text after one trip through an item."""
    columns = {"id": "1", "value": text}
    item = codec.encode(Live(codec.key_of(columns), 1, columns)).item
    stored = codec.decode(item).columns
    assert stored == codec.canonical(columns), "both sides of a comparison have one form"
    return stored["value"]


def test_every_value_comes_back_as_postgresql_printed_it(
    connection: psycopg.Connection,
) -> None:
    changed = [
        (type_name, text, found)
        for type_name, values in VALUES.items()
        for text in printed(connection, type_name, values)
        if (found := sent_back(Codec(mapping(Column("value", type_name))), text)) != text
    ]
    assert changed == []


def is_equal(connection: psycopg.Connection, type_name: str, one: str, other: str) -> bool:
    """Whether PostgreSQL takes two texts of a type for the same value."""
    statement = sql.SQL("SELECT {one}::{type} = {other}::{type}").format(
        one=sql.Literal(one), other=sql.Literal(other), type=sql.SQL(type_name)
    )
    row = connection.execute(statement).fetchone()
    return row is not None and row[0] is True


@pytest.mark.parametrize(
    ("column", "values", "refused"),
    [
        (Column("value", "numeric", rule=Rule.NUMBER), NUMERICS, 2),
        (Column("value", "numeric(12,4)", rule=Rule.NUMBER), VALUES["numeric(12,4)"], 0),
        (Column("value", "numeric[]", rule=Rule.NUMBER), VALUES["numeric[]"], 1),
        (Column("value", "jsonb", rule=Rule.DOCUMENT), DOCUMENTS, 3),
    ],
    ids=lambda value: value.type if isinstance(value, Column) else "",
)
def test_a_rule_by_choice_keeps_an_equal_value_or_refuses_it(
    connection: psycopg.Connection, column: Column, values: list[str], refused: int
) -> None:
    codec = Codec(mapping(column))
    refusals = []
    for text in printed(connection, column.type, values):
        try:
            found = sent_back(codec, text)
        except Unmappable as refusal:
            refusals.append(refusal)
        else:
            assert found is not None
            assert is_equal(connection, column.type, found, text)
    assert len(refusals) == refused
    assert all("Rule.TEXT" in refusal.remedy for refusal in refusals)


def test_a_number_with_a_fixed_scale_keeps_its_trailing_zeros(
    connection: psycopg.Connection,
) -> None:
    codec = Codec(mapping(Column("value", "numeric(12,4)", rule=Rule.NUMBER)))
    for text in printed(connection, "numeric(12,4)", VALUES["numeric(12,4)"]):
        assert sent_back(codec, text) == text
