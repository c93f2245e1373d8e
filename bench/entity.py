"""Put parameters and records of an item, without a store: Crossfade, ElectroDB, Python libraries.

Crossfade and ElectroDB share schema and item, and do the same work: a put checks every value, fills
defaults and renders the four key fields; a parse checks the entity of the item, drops fields that
are not attributes, and converts sets to lists (Crossfade: to the record's type). Both read the same
form: plain values (string, number, set) in `parse()`, DynamoDB's typed values "from the wire".
ElectroDB runs in a separate process; its CPU includes the threads of compiler and garbage
collector. The rounds are short and alternate, so that a machine that slows down affects every
variant equally. "Times ours" compares with our variant of the same work; the record is a Struct.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from bench import entity_node
from bench.core import Cost, Options, Row, Variant, interleaved
from bench.entity_models import (
    ITEM,
    SCHEMA,
    Campaign,
    PydynoxCampaign,
    PynamoCampaign,
    in_snake_case,
)
from crossfade.entity import Entity, marshal_item

NAME = "entity"
OPERATIONS = 1000
WARM_OPERATIONS = 20_000
ROUNDS_EACH = 5
PUT, PARSE = "put parameters, 15 attributes", "records of an item, 15 attributes"


def _times(once: Callable[[], object]) -> Variant:
    async def variant(operations: int) -> None:
        for _ in range(operations):
            once()

    return variant


def _write_variants() -> dict[str, Variant]:
    """Return the variants that make the parameters of a put."""
    plain = Entity(SCHEMA, table="bench")
    stored = plain.put(ITEM).params()["Item"]
    snake: Any = in_snake_case({**plain.key_fields(ITEM), **ITEM})
    pydynox_values = {**snake, "tags": set(ITEM["tags"])}
    serialize = TypeSerializer().serialize
    return {
        "ours, put().params()": _times(lambda: plain.put(ITEM).params()),
        "ours, typed for the wire": _times(lambda: marshal_item(plain.put(ITEM).params()["Item"])),
        "pynamodb, no keys": _times(lambda: PynamoCampaign(**snake).serialize()),
        "pydynox to_dict(), no keys": _times(lambda: PydynoxCampaign(**pydynox_values).to_dict()),
        "boto3 serializer, no schema": _times(
            lambda: {name: serialize(value) for name, value in stored.items()}
        ),
    }


def _read_variants() -> dict[str, Variant]:
    """Return the variants that read an item."""
    plain, typed = Entity(SCHEMA, table="bench"), Entity(SCHEMA, table="bench", record=Campaign)
    stored = plain.put(ITEM).params()["Item"]
    wire = marshal_item(stored)
    snake: Any = in_snake_case({**plain.key_fields(ITEM), **ITEM})
    pydynox_dict = PydynoxCampaign(**{**snake, "tags": set(ITEM["tags"])}).to_dict()
    deserialize = TypeDeserializer().deserialize
    return {
        "ours, parse()": _times(lambda: plain.parse({"Item": stored})),
        "ours, parse() to a Struct": _times(lambda: typed.parse({"Item": stored})),
        "ours, from the wire to a Struct": _times(lambda: typed.read(wire)),
        "pynamodb, from the wire": _times(lambda: PynamoCampaign.from_raw_data(dict(wire))),
        "pydynox from_dict()": _times(lambda: PydynoxCampaign.from_dict(pydynox_dict)),
        "boto3 deserializer, from the wire": _times(
            lambda: {name: deserialize(value) for name, value in wire.items()}
        ),
    }


# ElectroDB's calls: the name of the variant, and our variant to compare it with.
_ELECTRODB = {
    PUT: {
        "put": ("ElectroDB, put().params()", "ours, put().params()"),
        "put_wire": ("ElectroDB, marshalled for the wire", "ours, typed for the wire"),
    },
    PARSE: {
        "parse": ("ElectroDB, parse()", "ours, parse() to a Struct"),
        "parse_wire": ("ElectroDB, parse() from the wire", "ours, from the wire to a Struct"),
    },
}


async def run(options: Options) -> list[Row]:
    """Measure both directions; ElectroDB's process reports its own CPU."""
    rows: list[Row] = []
    often = dataclasses.replace(options, rounds=options.rounds * ROUNDS_EACH)
    with ExitStack() as stack:
        peer = stack.enter_context(_electrodb()) if entity_node.is_installed() else None
        for group, variants in ((PUT, _write_variants()), (PARSE, _read_variants())):
            calls = _ELECTRODB[group]
            if peer:
                variants |= {name: peer.variant(call) for call, (name, _) in calls.items()}
            for variant in variants.values():
                await variant(options.operations(WARM_OPERATIONS))
            costs = await interleaved(variants, often, options.operations(OPERATIONS))
            rows += _rows(group, costs)
            if not peer:
                missing = "not installed; ./run test installs it"
                rows += [Row(group, name, note=missing) for name, _ in calls.values()]
    return rows


def _electrodb() -> entity_node.ElectroDb:
    stored = Entity(SCHEMA, table="bench").put(ITEM).params()["Item"]
    return entity_node.ElectroDb(SCHEMA.to_json(), ITEM, {**stored, "tags": sorted(stored["tags"])})


def _rows(group: str, costs: Mapping[str, Cost]) -> list[Row]:
    compared = dict(_ELECTRODB[group].values())
    rows = []
    for name, cost in costs.items():
        figures = {"cpu µs/op": cost.cpu_us}
        if ours := compared.get(name):
            figures["times ours"] = cost.cpu_us / costs[ours].cpu_us
        rows.append(Row(group, name, figures))
    return rows
