"""A table shared with ElectroDB: each reads the items that the other writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from campaigns.mapping import APPLICATION
from crossfade.entity import Entity, Schema, Service
from golden.encoding import decode, same
from interop.live import Electro, examples, table_for
from interop.oracle import Oracle
from support.engines.values import DynamoEngine

RECORDED = json.loads(
    (Path(__file__).parents[1] / "golden" / "schemas.json").read_text(encoding="utf-8")
)
GOLDEN = (
    *("Campaign", "CampaignCased", "Session", "Store", "Keys", "NumericKeys", "NoSk", "EmptySk"),
    *("Employee", "ClTask", "AttrKeys", "Beta", "TwoPart", "Versioned", "Behave"),
    *("Templated", "EdgeStatic", "Sparse"),
)
SCHEMAS: dict[str, dict[str, Any]] = {name: RECORDED["schemas"][name] for name in GOLDEN} | {
    f"app-{entity.schema.entity}": entity.schema.to_json()
    for mapping in APPLICATION.mappings
    for entity in mapping.entities
}


@pytest.fixture
def oracle(ministack: DynamoEngine) -> Iterator[Oracle]:
    with Oracle(ministack) as oracle:
        yield oracle


@pytest.mark.parametrize("name", SCHEMAS)
async def test_items_are_exchanged_in_both_directions(
    name: str, ministack: DynamoEngine, name_prefix: str, oracle: Oracle
) -> None:
    recorded = SCHEMAS[name]
    schema = Schema.from_json(decode(recorded))
    table = f"{name_prefix}{name}"
    items = examples(recorded, schema, Random(name), 4)  # noqa: S311 - repeatable randomness
    async with table_for(ministack, table, [schema]) as client:
        ours = Entity(schema, table=table, client=client)
        theirs = Electro(oracle, recorded, table)
        await _write_alternately(ours, theirs, items)
        for item in items:
            read = (await ours.get(item).go()).data
            assert read
            assert same(read, decode(theirs.go(["get", item]))["data"])
        await _read_together(ours, theirs, items)
        await _change_each_others(ours, theirs, items)


async def _write_alternately(ours: Entity, theirs: Electro, items: list[dict[str, Any]]) -> None:
    await ours.put(items[0]).go()
    theirs.go(["put", items[1]])
    await ours.upsert(items[2]).go()
    theirs.go(["create", items[3]])


async def _read_together(ours: Entity, theirs: Electro, items: list[dict[str, Any]]) -> None:
    """Read the same partition and batch; use cursors of each library in the other."""
    pattern = next(name for name, index in ours.indexes.items() if not index.index)
    partition = {name: items[0][name] for name in ours.indexes[pattern].pk.names}
    found = (await ours.query[pattern](partition).go(pages="all")).data
    assert same(found, decode(theirs.go([f"query.{pattern}", partition], pages="all"))["data"])
    first = await ours.query[pattern](partition).go(limit=1)
    if first.cursor:
        second = theirs.go([f"query.{pattern}", partition], limit=1, cursor=first.cursor)
        together = first.data + decode(second["data"])
        if second["cursor"]:
            rest = await ours.query[pattern](partition).go(cursor=second["cursor"], pages="all")
            together += rest.data
        assert same(together, found)
    batch = await ours.get(list(items)).go(preserve_batch_order=True)
    answered = theirs.go(["get", list(items)], preserveBatchOrder=True)
    assert same(batch.data, decode(answered)["data"])


async def _change_each_others(ours: Entity, theirs: Electro, items: list[dict[str, Any]]) -> None:
    change = _change(ours)
    if change:
        await ours.patch(items[1]).set(change).go()
        theirs.go(["patch", items[0]], ["set", change])
    for item in items[:2]:
        read = (await ours.get(item).go()).data
        assert read
        assert change.items() <= read.items()
        assert same(read, decode(theirs.go(["get", item]))["data"])
    await ours.remove(items[3]).go()
    theirs.go(["remove", items[0]])
    assert theirs.go(["get", items[3]])["data"] is None
    assert (await ours.get(items[0]).go()).data is None


def test_most_schemas_have_a_value_to_change() -> None:
    entities = {name: Entity(Schema.from_json(decode(SCHEMAS[name]))) for name in SCHEMAS}
    assert {name for name, entity in entities.items() if not _change(entity)} == {
        *("AttrKeys", "Beta", "EdgeStatic", "Sparse", "Store", "TwoPart", "Versioned"),
        "app-appearance",
    }


def _change(ours: Entity) -> dict[str, Any]:
    """Return a new value for an attribute that is in no key; empty if there is none."""
    composites = {name for index in ours.indexes.values() for name in index.composites}
    for name, attribute in ours.schema.attributes.items():
        plain = not (attribute.set or attribute.get or attribute.watch or attribute.validate)
        shown = not (attribute.hidden or attribute.read_only)
        if attribute.type == "string" and name not in composites and plain and shown:
            return {name: "changed"}
    return {}


@pytest.mark.parametrize("name", RECORDED["services"])
async def test_collections_and_transactions_are_exchanged(
    name: str, ministack: DynamoEngine, name_prefix: str, oracle: Oracle
) -> None:
    if name == "warehouse":
        pytest.skip("the engine has no multi-attribute indexes")
    members = {alias: RECORDED["schemas"][s] for alias, s in RECORDED["services"][name].items()}
    schemas = {alias: Schema.from_json(decode(member)) for alias, member in members.items()}
    table = f"{name_prefix}{name}"
    async with table_for(ministack, table, list(schemas.values())) as client:
        entities = {alias: Entity(schema) for alias, schema in schemas.items()}
        service = Service(entities, table=table, client=client)
        items = {
            alias: examples(member, schemas[alias], Random(1), 1)[0]  # noqa: S311 - repeatable randomness
            for alias, member in members.items()
        }
        written = await service.transaction.write(
            lambda e: [e[alias].put(item).commit() for alias, item in items.items()]
        ).go()
        assert not written.canceled
        collections = _collections(schemas)
        assert bool(collections) is (name != "dmCore")
        for collection in collections:
            given = {key: value for item in items.values() for key, value in item.items()}
            found = (await service.collections[collection](given).go()).data
            asked = {"members": members, "calls": [[f"collections.{collection}", given]]}
            answer = oracle.ask({**asked, "terminal": "go", "options": {"table": table}})
            assert same(found, decode(answer["result"]["data"])), answer
            assert any(found.values())


def _collections(schemas: dict[str, Schema]) -> set[str]:
    indexes = (index for schema in schemas.values() for index in schema.indexes.values())
    return {name for index in indexes for name in index.collections}
