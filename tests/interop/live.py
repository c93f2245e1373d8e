"""A table for any schema, and items and ElectroDB's entities for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from crossfade.dynamo import Client
from crossfade.entity import Entity, Schema, table_definition
from interop.oracle import Oracle
from support.dynamo_tables import config_of, until_active
from support.engines.values import DynamoEngine


@asynccontextmanager
async def table_for(
    engine: DynamoEngine, name: str, schemas: list[Schema]
) -> AsyncIterator[Client]:
    """Create a table with every index of these schemas; yield a client, then delete the table."""
    async with Client(config_of(engine)) as client:
        await client.call("CreateTable", table_definition(name, [Entity(s) for s in schemas]))
        await until_active(client, name)
        yield client
        await client.call("DeleteTable", {"TableName": name})


class Electro:
    """ElectroDB's entity of a schema, which executes calls on the oracle's endpoint."""

    def __init__(self, oracle: Oracle, schema: Mapping[str, Any], table: str) -> None:
        self._oracle = oracle
        self._question = {"schema": schema, "config": {"table": table}, "terminal": "go"}

    def go(self, *calls: list[Any], **options: Any) -> Any:
        """Execute a chain of calls, and return the result."""
        answer = self._oracle.ask({**self._question, "calls": list(calls), "options": options})
        assert "result" in answer, answer
        return answer["result"]


def examples(
    recorded: Mapping[str, Any], schema: Schema, random: Random, count: int
) -> list[dict[str, Any]]:
    """Return items of a schema, in one partition of the table if their sort keys differ."""
    definitions = {
        name: definition if isinstance(definition, dict) else {"type": definition}
        for name, definition in recorded["attributes"].items()
    }
    table = next(index for index in Entity(schema).indexes.values() if not index.index)
    sorts = table.sk is not None and bool(table.sk.names)
    partition = table.pk.names if sorts else ()
    free = {name: d for name, d in definitions.items() if _is_free(d)}
    shared = {name: _example(random, definitions[name], 7) for name in partition}
    return [
        {name: _example(random, d, number) for name, d in free.items()} | shared
        for number in range(1, count + 1)
    ]


def _is_free(definition: Mapping[str, Any]) -> bool:
    return "validate" not in definition and "watch" not in definition


def _example(random: Random, definition: Mapping[str, Any], number: int) -> Any:
    type_ = definition["type"]
    if isinstance(type_, list):
        return type_[number % len(type_)]
    if type_ == "map":
        return {n: _example(random, c, number) for n, c in definition["properties"].items()}
    if type_ in ("list", "set"):
        items = definition["items"] if type_ == "list" else {"type": definition["items"]}
        members = [_example(random, items, n) for n in (number, number + 1)]
        return members if type_ == "list" else sorted(set(members))
    scalars = {
        "string": f"Text-{number}é",
        "number": random.choice((number, number + 0.5)),
        "any": {"nested": [1, "x", None, True]},
    }
    return scalars.get(type_, number % 2 == 0)
