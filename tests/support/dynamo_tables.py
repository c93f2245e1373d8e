"""Helpers of the tests of DynamoDB: a client's configuration, a table, items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from crossfade.dynamo import Client, Config
from support.engines.values import DynamoEngine

TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def config_of(engine: DynamoEngine, **changes: Any) -> Config:
    """Return a client's configuration for an engine; the keywords are fields of `Config`."""
    config = Config(
        region=engine.region,
        endpoint=engine.endpoint,
        access_key=engine.access_key,
        secret_key=engine.secret_key,
    )
    return replace(config, **changes)


@asynccontextmanager
async def table_of(engine: DynamoEngine, name: str) -> AsyncIterator[Client]:
    """Open a client, and create an empty table for the block."""
    async with Client(config_of(engine)) as client:
        await client.call("CreateTable", {"TableName": name, **TABLE})
        await until_active(client, name)
        yield client
        await client.call("DeleteTable", {"TableName": name})


async def until_active(client: Client, table: str) -> None:
    """Poll until a table answers as active."""
    async with asyncio.timeout(30):
        while True:
            answer = await client.call("DescribeTable", {"TableName": table})
            if answer["Table"]["TableStatus"] == "ACTIVE":
                return
            await asyncio.sleep(0.01)


def key(number: int = 0, partition: str = "p") -> dict[str, Any]:
    """Return the key of an item; keys of a partition sort by number."""
    return {"pk": {"S": partition}, "sk": {"S": f"{number:06}"}}


def item(number: int = 0, version: int = 1, **attributes: str) -> dict[str, Any]:
    """Return a versioned item with text attributes."""
    texts = {name: {"S": text} for name, text in attributes.items()}
    return {**key(number), "cf_v": {"N": str(version)}, **texts}
