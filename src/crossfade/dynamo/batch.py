"""Batches of any size: split into DynamoDB's limits and sent until nothing is left unprocessed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson

from crossfade.dynamo.client import Client
from crossfade.dynamo.retry import Kind, Policy, ceiling_seconds
from crossfade.errors import Throttled

GET_KEYS_MAX = 100
WRITE_REQUESTS_MAX = 25

Entry = Mapping[str, Any]
Send = Callable[[Sequence[Entry], float], Awaitable[Sequence[Entry]]]
"""Given entries and a timeout in seconds, sends one request and returns its unprocessed entries."""

_POLICY = Policy()


async def batch_get(
    client: Client, table: str, keys: Sequence[Entry], *, timeout_seconds: float | None = None
) -> list[dict[str, Any]]:
    """Return the items of these keys that exist, read strongly consistently, in any order.

    Args:
        client: a client of the table's region.
        table: the table's name.
        keys: keys in DynamoDB JSON; duplicates are read once.
        timeout_seconds: deadline of each 100 keys; the client's unless given.

    Returns:
        Items in DynamoDB JSON.

    Raises:
        Throttled: keys were still unprocessed at the deadline.
    """
    items: list[dict[str, Any]] = []

    async def send(entries: Sequence[Entry], seconds: float) -> Sequence[Entry]:
        request = {"RequestItems": {table: {"Keys": entries, "ConsistentRead": True}}}
        answer = await client.call("BatchGetItem", request, timeout_seconds=seconds)
        items.extend(answer.get("Responses", {}).get(table, ()))
        left: Sequence[Entry] = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        return left

    distinct = list({orjson.dumps(key, option=orjson.OPT_SORT_KEYS): key for key in keys}.values())
    seconds = timeout_seconds or client.config.timeout_seconds
    for start in range(0, len(distinct), GET_KEYS_MAX):
        await _send_all(send, distinct[start : start + GET_KEYS_MAX], seconds)
    return items


async def batch_write(
    client: Client, table: str, requests: Sequence[Entry], *, timeout_seconds: float | None = None
) -> None:
    """Run unconditional puts and deletes.

    Args:
        client: a client of the table's region.
        table: the table's name.
        requests: ``{"PutRequest": {"Item": …}}`` or ``{"DeleteRequest": {"Key": …}}`` each, in
            DynamoDB JSON; DynamoDB refuses a key that occurs twice within a batch of 25.
        timeout_seconds: deadline of each 25 requests; the client's unless given.

    Raises:
        Throttled: requests were still unprocessed at the deadline.
    """

    async def send(entries: Sequence[Entry], seconds: float) -> Sequence[Entry]:
        request = {"RequestItems": {table: entries}}
        answer = await client.call("BatchWriteItem", request, timeout_seconds=seconds)
        left: Sequence[Entry] = answer.get("UnprocessedItems", {}).get(table, ())
        return left

    seconds = timeout_seconds or client.config.timeout_seconds
    for start in range(0, len(requests), WRITE_REQUESTS_MAX):
        await _send_all(send, requests[start : start + WRITE_REQUESTS_MAX], seconds)


async def _send_all(send: Send, entries: Sequence[Entry], seconds: float) -> None:
    """Send entries until none is unprocessed, with full jitter between the requests.

    The ceilings of the pauses are those after throttling; they double only while no entry is
    processed, and start again once one is.

    Raises:
        Throttled: entries were still unprocessed at the deadline.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    stalled_attempts = 0
    while entries:
        left = await send(entries, max(deadline - loop.time(), 0.001))
        stalled_attempts = stalled_attempts + 1 if len(left) == len(entries) else 1
        entries = left
        if not entries:
            return
        ceiling = ceiling_seconds(_POLICY, Kind.THROTTLED, stalled_attempts)
        pause = random.random() * ceiling  # noqa: S311 - full jitter, not a secret
        if loop.time() + pause >= deadline:
            raise Throttled(
                f"{len(entries)} entries of a batch were still unprocessed at the deadline"
            )
        await asyncio.sleep(pause)
