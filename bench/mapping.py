"""Rows to items and back, without any store: CPU of this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from bench.core import Options, Row, Variant, interleaved
from crossfade.mapping import Codec, Column, Mapping, Rule, Shape, same_content
from crossfade.mapping.state import Live

NAME = "mapping"
OPERATIONS = 3000


def _key(field: str, template: str, name: str) -> dict[str, Any]:
    return {"field": field, "composite": [name], "template": template, "casing": "none"}


MAPPING = Mapping(
    name="session",
    table="public.sessions",
    primary_key=("id",),
    columns=(
        Column("id", "text", required=True),
        Column("user_id", "text", required=True),
        Column("campaign_id", "uuid", required=True),
        Column("number", "integer"),
        Column("name", "character varying(200)", required=True),
        Column("description", "text"),
        Column("status", "session_status", required=True),
        Column("played_on", "date"),
        Column("started_at", "timestamp(6) with time zone"),
        Column("duration_ms", "bigint"),
        Column("avg_confidence", "double precision"),
        Column("cost_usd", "numeric(10,6)", rule=Rule.TEXT),
        Column("tags", "text[]"),
        Column("is_starred", "boolean"),
        Column("created_at", "timestamp(3) without time zone", required=True),
    ),
    shapes=(
        Shape(
            "session",
            {
                "record": {
                    "pk": _key("pk", "CAMP#${campaignId}", "campaignId"),
                    "sk": _key("sk", "SESS#${id}", "id"),
                }
            },
        ),
    ),
    service="bench",
)

# A row in PostgreSQL's text form with fixed session settings, and as the values of a driver.
PRINTED: dict[str, str | None] = {
    "id": "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    "user_id": "user-1",
    "campaign_id": "0b9619ff-8b86-d011-b42d-00cf4fc964ff",
    "number": "7",
    "name": "The Sunless Citadel",
    "description": "They went down the ravine and met kobolds.",
    "status": "READY",
    "played_on": "2026-03-01",
    "started_at": "2026-03-01 18:30:00.5+00",
    "duration_ms": "10800000",
    "avg_confidence": "0.9312",
    "cost_usd": "0.012300",
    "tags": "{kobolds,dragon}",
    "is_starred": "t",
    "created_at": "2026-03-01 22:00:00.123",
}
TYPED: dict[str, Any] = {
    "id": "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    "userId": "user-1",
    "campaignId": "0b9619ff-8b86-d011-b42d-00cf4fc964ff",
    "number": 7,
    "name": "The Sunless Citadel",
    "description": "They went down the ravine and met kobolds.",
    "status": "READY",
    "playedOn": date(2026, 3, 1),
    "startedAt": datetime(2026, 3, 1, 18, 30, 0, 500000, tzinfo=UTC),
    "durationMs": 10800000,
    "avgConfidence": Decimal("0.9312"),
    "costUsd": Decimal("0.012300"),
    "tags": ["kobolds", "dragon"],
    "isStarred": True,
    "createdAt": datetime(2026, 3, 1, 22, 0, 0, 123000),  # noqa: DTZ001 - a timestamp without zone
}


async def run(options: Options) -> list[Row]:
    """Measure encoding, decoding and their parts, for a row of 15 attributes."""
    codec = Codec(MAPPING)
    live = Live(codec.key_of(PRINTED), 3, PRINTED)
    wire = orjson.dumps(codec.encode(live).item)
    assert same_content(json.loads(_boto_encode()), json.loads(wire)), "the same item"
    encoders: dict[str, Callable[[], object]] = {
        "ours, to bytes": lambda: orjson.dumps(codec.encode(live).item),
        "boto3 TypeSerializer, json": _boto_encode,
    }
    decoders: dict[str, Callable[[], object]] = {
        "ours, to PostgreSQL's text": lambda: codec.decode(orjson.loads(wire)),
        "boto3 TypeDeserializer, json": lambda: _boto_decode(wire),
    }
    parts: dict[str, Callable[[], object]] = {
        "encode, no bytes": lambda: codec.encode(live),
        "ledger key": lambda: codec.key_of(PRINTED),
        "table key of a ledger key": lambda: codec.table_key(live.key),
        "canonical form": lambda: codec.canonical(PRINTED),
    }
    return [
        *await _measured("row to item, 15 attributes", encoders, options),
        *await _measured("item to row, 15 attributes", decoders, options),
        *await _measured("parts", parts, options),
    ]


async def _measured(
    group: str, calls: dict[str, Callable[[], object]], options: Options
) -> list[Row]:
    variants = {name: _variant(call) for name, call in calls.items()}
    costs = await interleaved(variants, options, options.operations(OPERATIONS))
    return [Row(group, name, {"cpu µs/op": cost.cpu_us}) for name, cost in costs.items()]


def _variant(call: Callable[[], object]) -> Variant:
    async def repeat(operations: int) -> None:
        for _ in range(operations):
            call()

    return repeat


_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def _boto_encode() -> bytes:
    """Encode a typed row as hand-written code does: times and exact numbers as strings."""
    row: dict[str, Any] = {
        **TYPED,
        "playedOn": TYPED["playedOn"].isoformat(),
        "startedAt": TYPED["startedAt"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "createdAt": TYPED["createdAt"].isoformat(timespec="microseconds"),
        "costUsd": str(TYPED["costUsd"]),
        "pk": f"CAMP#{TYPED['campaignId']}",
        "sk": f"SESS#{TYPED['id']}",
        "__edb_e__": "session",
        "__edb_v__": "1",
        "cf_v": 3,
        "cf_m": 1,
    }
    return json.dumps({name: _SERIALIZER.serialize(value) for name, value in row.items()}).encode()


def _boto_decode(wire: bytes) -> dict[str, Any]:
    return {name: _DESERIALIZER.deserialize(value) for name, value in json.loads(wire).items()}
