"""One DynamoDB operation with each client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import aiobotocore.session
import boto3
import botocore.config
import orjson
from pydynox import DynamoDBClient

from bench.core import Variant
from bench.dynamo_items import BATCH_ITEMS, KEY, PLAIN_ITEM, PLAIN_KEY, REQUESTS, TABLE
from crossfade.aws.credentials import Keys
from crossfade.dynamo import Client, Request
from crossfade.dynamo.auth.sigv4 import Signer, Timestamp
from crossfade.dynamo.http.transport import HttpTransport

Once = Callable[[], Awaitable[Any]]

REGION = "eu-central-1"
KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def in_flight(once: Once, count: int) -> Variant:
    """Return a variant that keeps `count` calls in flight until all are done."""

    async def worker(remaining: list[int]) -> None:
        while remaining[0] > 0:
            remaining[0] -= 1
            await once()

    async def variant(operations: int) -> None:
        remaining = [operations]
        await asyncio.gather(*(worker(remaining) for _ in range(count)))

    return variant


def ours(client: Client, operation: str) -> Once:
    """Return a call of `crossfade.dynamo`."""
    request = REQUESTS[operation]
    return lambda: client.call(operation, request)


def boto(endpoint: str, operation: str, count: int, ca_file: str | None = None) -> Variant:
    """Return a variant of boto3's client, with one thread per call in flight."""
    config = botocore.config.Config(max_pool_connections=64)
    client = boto3.client("dynamodb", **_aws(endpoint, ca_file), config=config)
    call = {
        "PutItem": client.put_item,
        "GetItem": client.get_item,
        "Query": client.query,
        "BatchWriteItem": client.batch_write_item,
    }[operation]
    request = REQUESTS[operation]

    def run(operations: int) -> None:
        if count == 1:
            for _ in range(operations):
                call(**request)
            return
        with ThreadPoolExecutor(count) as threads:
            for _ in threads.map(lambda _: call(**request), repeat(None, operations)):
                pass

    async def variant(operations: int) -> None:
        await asyncio.to_thread(run, operations)

    return variant


def aiobotocore_client(endpoint: str, ca_file: str | None = None) -> Any:
    """Return an aiobotocore client, a context manager."""
    session = aiobotocore.session.get_session()
    config = aiobotocore.config.AioConfig(max_pool_connections=64)
    return session.create_client("dynamodb", **_aws(endpoint, ca_file), config=config)


def aio(client: Any, operation: str) -> Once:
    """Return a call of aiobotocore."""
    name = {
        "PutItem": "put_item",
        "GetItem": "get_item",
        "Query": "query",
        "BatchWriteItem": "batch_write_item",
    }[operation]
    call = getattr(client, name)
    request = REQUESTS[operation]
    return lambda: call(**request)


def pydynox(endpoint: str, operation: str) -> Once:
    """Return a call of pydynox's asynchronous client, which takes and returns Python values."""
    client = DynamoDBClient(
        region=REGION,
        access_key=KEYS.access_key_id,
        secret_key=KEYS.secret_access_key,
        endpoint_url=endpoint,
    )

    async def query() -> None:
        async for _ in client.query(
            TABLE, "pk = :pk", expression_attribute_values={":pk": PLAIN_KEY["pk"]}
        ):
            pass

    match operation:
        case "PutItem":
            return lambda: client.put_item(
                TABLE,
                PLAIN_ITEM,
                condition_expression="attribute_not_exists(cf_v) OR cf_v < :version",
                expression_attribute_values={":version": 3},
            )
        case "GetItem":
            return lambda: client.get_item(TABLE, PLAIN_KEY, consistent_read=True)
        case "Query":
            return query
        case _:
            # The null server accepts repeated keys in a batch; DynamoDB would reject them.
            return lambda: client.batch_write(TABLE, [PLAIN_ITEM] * BATCH_ITEMS)


class MinimalConnection(asyncio.Protocol):
    """The minimum of a client on this event loop: send bytes, receive bytes, decode JSON."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._pieces: list[bytes] = []
        self._head_bytes = 0
        self._missing_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect the answer, up to the length in its head."""
        if not self._pieces:
            self._head_bytes = data.index(b"\r\n\r\n") + 4
            start = data.index(b"Content-Length: ") + 16
            self._missing_bytes = self._head_bytes + int(data[start : data.index(b"\r", start)])
        self._pieces.append(data)
        self._missing_bytes -= len(data)
        if self._missing_bytes == 0 and self._waiter is not None:
            body = b"".join(self._pieces)[self._head_bytes :]
            self._pieces.clear()
            self._waiter.set_result(body)

    async def call(self, payload: bytes) -> Any:
        """Send prepared bytes and return the decoded answer."""
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(payload)
        return orjson.loads(await self._waiter)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def prepared(transport: HttpTransport, authority: str, operation: str) -> Once:
    """Return a call that sends a signed request through Crossfade's transport only."""
    timestamp = Timestamp.of(0)
    body = orjson.dumps(REQUESTS[operation])
    head = Signer(KEYS, REGION, authority, timestamp.date).prepare(timestamp.iso, operation)(body)
    deadline = asyncio.get_running_loop().time() + 3600
    request = Request(head, body, deadline, 3600, idempotent=True)

    async def once() -> Any:
        response = await transport(request)
        return orjson.loads(response.body)

    return once


async def minimal(port: int, operation: str, count: int, ssl: Any = None) -> Variant:
    """Return a variant that sends a signed request through minimal connections."""
    loop = asyncio.get_running_loop()
    body = orjson.dumps(REQUESTS[operation])
    timestamp = Timestamp.of(0)
    signer = Signer(KEYS, REGION, f"127.0.0.1:{port}", timestamp.date)
    payload = signer.prepare(timestamp.iso, operation)(body) + body
    connections = [
        (await loop.create_connection(MinimalConnection, "127.0.0.1", port, ssl=ssl))[1]
        for _ in range(count)
    ]

    async def worker(connection: MinimalConnection, remaining: list[int]) -> None:
        while remaining[0] > 0:
            remaining[0] -= 1
            await connection.call(payload)

    async def variant(operations: int) -> None:
        remaining = [operations]
        await asyncio.gather(*(worker(connection, remaining) for connection in connections))

    return variant


def _aws(endpoint: str, ca_file: str | None) -> dict[str, Any]:
    return {
        "endpoint_url": endpoint,
        "region_name": REGION,
        "aws_access_key_id": KEYS.access_key_id,
        "aws_secret_access_key": KEYS.secret_access_key,
        "verify": ca_file,
    }


__all__ = [
    "KEY",
    "KEYS",
    "REGION",
    "aio",
    "aiobotocore_client",
    "boto",
    "in_flight",
    "minimal",
    "ours",
    "prepared",
    "pydynox",
]
