"""Items as DynamoDB gives them back: the row can still be read from what it made of them."""

from __future__ import annotations

import pytest

from crossfade.errors import InvalidRequest
from crossfade.mapping import Codec, Column, Mapping, Rule, Shape, same_content
from crossfade.mapping.codec.item_size import ITEM_BYTES_MAX, item_bytes
from crossfade.mapping.state import Deleted, Live
from support.dynamo_tables import table_of
from support.engines.values import DynamoEngine
from support.mappings import SESSION, live, table

ROWS: list[dict[str, str | None]] = [
    {
        "id": "1",
        "big": "9223372036854775807",
        "price": "1.50",
        "exact": "99999999999999999999999999999999999999",
        "score": "1e+20",
        "data": '{"a": [1, 1.5, "x", null, {}], "b": {"": ""}}',
        "document": '{"a": [1, 1.5, "x", null, {}], "bb": {"c": ""}}',
        "labels": '{"",NULL,"a b"}',
        "raw": "\\x00ff",
        "moment": "2026-11-21 21:35:30.123456+00",
        "flag": "f",
    },
    {
        "id": "2",
        "big": "-1",
        "price": "-0.10",
        "exact": "-0.0000000000000000000000000000000000001",
        "score": "-0",
        "data": "null",
        "document": "null",
        "labels": "{{a,b},{c,d}}",
        "raw": "\\x",
        "moment": "infinity",
        "flag": "t",
    },
    {
        "id": "3",
        "big": "0",
        "price": "0.00",
        "exact": "0",
        "score": "9.9e-130",
        "data": None,
        "document": "[]",
        "labels": "{}",
        "raw": None,
        "moment": "0044-03-15 12:00:00+00 BC",
        "flag": None,
    },
    {
        "id": "4",
        "big": "100",
        "price": "1000.00",
        "exact": "1000000000000000000000000000000000000000000",
        "score": "0.1",
        "data": "",
        "document": '""',
        "labels": "[0:1]={a,b}",
        "raw": None,
        "moment": None,
        "flag": None,
    },
]
THING = Mapping(
    name="thing",
    table="public.things",
    primary_key=("id",),
    columns=(
        Column("id", "integer", required=True),
        Column("big", "bigint"),
        Column("price", "numeric(10,2)", rule=Rule.NUMBER),
        Column("exact", "numeric", rule=Rule.NUMBER),
        Column("score", "double precision"),
        Column("data", "text"),
        Column("document", "jsonb", rule=Rule.DOCUMENT),
        Column("labels", "text[]"),
        Column("raw", "bytea"),
        Column("moment", "timestamp with time zone"),
        Column("flag", "boolean"),
    ),
    shapes=(Shape("thing", {"record": table("THING#${id}", "THING")}),),
    service="test",
)


@pytest.mark.parametrize("columns", ROWS, ids=["typical", "special", "zero", "wide"])
async def test_a_row_can_be_read_from_a_stored_item(
    dynamo: DynamoEngine, name_prefix: str, columns: dict[str, str | None]
) -> None:
    codec = Codec(THING)
    written = codec.encode(Live(codec.key_of(columns), 5, columns)).item
    async with table_of(dynamo, f"{name_prefix}things") as client:
        await client.call("PutItem", {"TableName": f"{name_prefix}things", "Item": written})
        key = codec.table_key(codec.key_of(columns))
        read = {"TableName": f"{name_prefix}things", "Key": key, "ConsistentRead": True}
        stored = (await client.call("GetItem", read))["Item"]
    assert same_content(written, stored)
    assert codec.decode(stored).columns == codec.canonical(columns)
    assert codec.decode(stored).version == 5


async def test_sizes_are_counted_as_dynamodb_counts_them(
    dynamo: DynamoEngine, name_prefix: str
) -> None:
    codec = Codec(SESSION)
    name = f"{name_prefix}sizes"
    room = ITEM_BYTES_MAX - item_bytes(codec.encode(live(codec, notes="")).item)
    item = codec.encode(live(codec, notes="n" * room)).item
    assert item_bytes(item) == ITEM_BYTES_MAX
    async with table_of(dynamo, name) as client:
        await client.call("PutItem", {"TableName": name, "Item": item})
        item["notes"]["S"] += "n"
        with pytest.raises(InvalidRequest):
            await client.call("PutItem", {"TableName": name, "Item": item})


async def test_a_tombstone_replaces_its_item(dynamo: DynamoEngine, name_prefix: str) -> None:
    codec = Codec(SESSION)
    name = f"{name_prefix}tombs"
    row = live(codec)
    async with table_of(dynamo, name) as client:
        await client.call("PutItem", {"TableName": name, "Item": codec.encode(row).item})
        tombstone = codec.tombstone(Deleted(row.key, 2))
        await client.call("PutItem", {"TableName": name, "Item": tombstone})
        found = (await client.call("Scan", {"TableName": name}))["Items"]
    assert found == [tombstone]
