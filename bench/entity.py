"""An item's parameters and records, without any store: ours beside ElectroDB and Python peers.

Ours and ElectroDB share schema and item, and do the same: a put checks every value, fills defaults
and renders the four key fields; a parse checks whose item it is, drops what is no attribute and
turns sets into lists. Each is warm before it is measured, ElectroDB in a process of its own, whose
CPU includes the threads of its compiler and garbage collector.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pydynox
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydynox import attributes as peer
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.models import Model

from bench.core import Options, Row, Variant, interleaved
from crossfade.entity import (
    Casing,
    Entity,
    Index,
    Key,
    Schema,
    boolean,
    enum,
    list_of,
    map_of,
    marshal_item,
    number,
    set_of,
    string,
    unmarshal_item,
)

NAME = "entity"
OPERATIONS = 4000
PEER = Path(__file__).with_name("entity_peer.js")

SCHEMA = Schema(
    entity="campaign",
    service="bench",
    attributes={
        "userId": string(required=True),
        "campaignId": string(required=True),
        "slug": string(required=True),
        "name": string(required=True),
        "description": string(),
        "system": enum("DND_5E", "PATHFINDER_2E", "HOMEBREW"),
        "status": enum("PLANNING", "ACTIVE", "COMPLETED", default="PLANNING"),
        "tags": set_of(string()),
        "playerNames": list_of(string()),
        "settings": map_of({"theme": string(), "maxPlayers": number(), "homebrew": boolean()}),
        "partyLevel": number(),
        "sessionCount": number(default=0),
        "isPublic": boolean(),
        "createdAt": string(read_only=True),
        "updatedAt": string(),
    },
    indexes={
        "byUser": Index(
            pk=Key(field="pk", template="USER#${userId}", casing=Casing.NONE),
            sk=Key(field="sk", template="CAMP#${campaignId}", casing=Casing.NONE),
        ),
        "bySlug": Index(
            index="gsi1",
            pk=Key(field="gsi1pk", composite=("slug",)),
            sk=Key(field="gsi1sk", composite=("userId",)),
        ),
    },
)

ITEM: dict[str, Any] = {
    "userId": "0c4f3c1e-8d5b-4b0e-9d52-2f6a4f1f7a11",
    "campaignId": "7d0c2f4a-3b1e-4c55-8a90-5e2b1c9d6f01",
    "slug": "the-sunless-citadel",
    "name": "The Sunless Citadel",
    "description": "They went down the ravine and met kobolds. " * 5,
    "system": "DND_5E",
    "status": "ACTIVE",
    "tags": ["dungeon", "kobolds"],
    "playerNames": ["Ann", "Bob", "Cy"],
    "settings": {"theme": "dark", "maxPlayers": 5, "homebrew": False},
    "partyLevel": 3,
    "sessionCount": 12,
    "isPublic": False,
    "createdAt": "2026-01-31T18:00:00.125Z",
    "updatedAt": "2026-02-28T21:30:00.500Z",
}


class Settings(msgspec.Struct, rename="camel"):
    """The map of `Campaign`."""

    theme: str
    max_players: int
    homebrew: bool


class Campaign(msgspec.Struct, rename="camel"):
    """The record of the item."""

    user_id: str
    campaign_id: str
    slug: str
    name: str
    description: str
    system: str
    status: str
    tags: frozenset[str]
    player_names: list[str]
    settings: Settings
    party_level: int
    session_count: int
    is_public: bool
    created_at: str
    updated_at: str


class PynamoSettings(MapAttribute[str, Any]):
    """The map of `PynamoCampaign`."""

    theme = UnicodeAttribute()
    max_players = NumberAttribute(attr_name="maxPlayers")
    homebrew = BooleanAttribute()


class PynamoCampaign(Model):
    """The item in pynamodb; it has no composed keys, so they are given."""

    class Meta:
        """What pynamodb reads."""

        table_name = "bench"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    user_id = UnicodeAttribute(attr_name="userId")
    campaign_id = UnicodeAttribute(attr_name="campaignId")
    slug = UnicodeAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute()
    system = UnicodeAttribute()
    status = UnicodeAttribute()
    tags = UnicodeSetAttribute()
    player_names = ListAttribute[Any](attr_name="playerNames")
    settings: MapAttribute[str, Any] = PynamoSettings()
    party_level = NumberAttribute(attr_name="partyLevel")
    session_count = NumberAttribute(attr_name="sessionCount")
    is_public = BooleanAttribute(attr_name="isPublic")
    created_at = UnicodeAttribute(attr_name="createdAt")
    updated_at = UnicodeAttribute(attr_name="updatedAt")


def _snake(values: dict[str, Any]) -> dict[str, Any]:
    return {
        re.sub("(?=[A-Z])", "_", name).lower(): _snake(v) if isinstance(v, dict) else v
        for name, v in values.items()
    }


class PydynoxCampaign(pydynox.Model):
    """The item in pydynox; it has no composed keys, so they are given."""

    model_config = pydynox.ModelConfig(table="bench")
    pk = peer.StringAttribute(partition_key=True)
    sk = peer.StringAttribute(sort_key=True)
    gsi1pk = peer.StringAttribute()
    gsi1sk = peer.StringAttribute()
    user_id = peer.StringAttribute()
    campaign_id = peer.StringAttribute()
    slug = peer.StringAttribute()
    name = peer.StringAttribute()
    description = peer.StringAttribute()
    system = peer.StringAttribute()
    status = peer.StringAttribute()
    tags = peer.StringSetAttribute()
    player_names = peer.ListAttribute()
    settings = peer.MapAttribute()
    party_level = peer.NumberAttribute()
    session_count = peer.NumberAttribute()
    is_public = peer.BooleanAttribute()
    created_at = peer.StringAttribute()
    updated_at = peer.StringAttribute()


def _times(once: Callable[[], object]) -> Variant:
    async def variant(operations: int) -> None:
        for _ in range(operations):
            once()

    return variant


def _variants() -> tuple[dict[str, Variant], dict[str, Variant]]:
    """What makes a put's parameters, and what reads an item."""
    plain, typed = Entity(SCHEMA, table="bench"), Entity(SCHEMA, table="bench", record=Campaign)
    stored = plain.put(ITEM).params()["Item"]
    wire = marshal_item(stored)
    snake: Any = _snake({**plain.key_fields(ITEM), **ITEM})
    pydynox_values = {**snake, "tags": set(ITEM["tags"])}
    pydynox_dict = PydynoxCampaign(**pydynox_values).to_dict()
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    writing = {
        "ours, put().params()": _times(lambda: plain.put(ITEM).params()),
        "ours, typed for the wire": _times(lambda: marshal_item(plain.put(ITEM).params()["Item"])),
        "pynamodb, no keys": _times(lambda: PynamoCampaign(**snake).serialize()),
        "pydynox to_dict(), no keys": _times(lambda: PydynoxCampaign(**pydynox_values).to_dict()),
        "boto3 serializer, no schema": _times(
            lambda: {name: serialize(value) for name, value in stored.items()}
        ),
    }
    reading = {
        "ours, parse()": _times(lambda: plain.parse({"Item": stored})),
        "ours, parse() to a Struct": _times(lambda: typed.parse({"Item": stored})),
        "ours, from the wire to a Struct": _times(
            lambda: typed.parse({"Item": unmarshal_item(wire)})
        ),
        "pynamodb, from the wire": _times(lambda: PynamoCampaign.from_raw_data(dict(wire))),
        "pydynox from_dict()": _times(lambda: PydynoxCampaign.from_dict(pydynox_dict)),
        "boto3 deserializer, from the wire": _times(
            lambda: {name: deserialize(value) for name, value in wire.items()}
        ),
    }
    return writing, reading


def _electrodb(options: Options) -> dict[str, float] | None:
    """ElectroDB's costs, in node; None where it is not installed."""
    node = Path(sys.executable).with_name("node")
    installed = PEER.parents[1] / "tests" / "node" / "node_modules" / "electrodb"
    if not (node.exists() and installed.exists()):
        return None
    stored = Entity(SCHEMA, table="bench").put(ITEM).params()["Item"]
    question = {
        "schema": SCHEMA.to_json(),
        "item": ITEM,
        "stored": {**stored, "tags": sorted(stored["tags"])},
        "operations": options.operations(OPERATIONS),
        "rounds": options.rounds,
    }
    answer = subprocess.run(
        [str(node), str(PEER)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    costs: dict[str, float] = json.loads(answer.stdout)
    return costs


async def run(options: Options) -> list[Row]:
    """Measure both directions; ElectroDB's CPU is measured in its own process."""
    electro = _electrodb(options)
    rows: list[Row] = []
    groups = ("put parameters, 15 attributes", "records of an item, 15 attributes")
    names = (("put", "put_wire"), ("parse", "parse_wire"))
    for group, variants, calls in zip(groups, _variants(), names, strict=True):
        costs = await interleaved(variants, options, options.operations(OPERATIONS))
        rows += [Row(group, name, {"cpu µs/op": cost.cpu_us}) for name, cost in costs.items()]
        rows += [_electrodb_row(group, call, electro) for call in calls]
    return rows


_CALLS = {
    "put": "ElectroDB, put().params()",
    "put_wire": "ElectroDB, marshalled for the wire",
    "parse": "ElectroDB, parse()",
    "parse_wire": "ElectroDB, parse() from the wire",
}


def _electrodb_row(group: str, call: str, costs: dict[str, float] | None) -> Row:
    if costs is None:
        return Row(group, _CALLS[call], note="not installed; ./run test installs it")
    return Row(group, _CALLS[call], {"cpu µs/op": costs[call]}, "in node, compiled by then")
