"""Batches of any size, sent in DynamoDB's portions until nothing is left unprocessed."""

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
"""Sends entries within so many seconds; returns those that DynamoDB left unprocessed."""

_POLICY = Policy()


async def batch_get(
    client: Client, table: str, keys: Sequence[Entry], *, timeout_seconds: float | None = None
) -> list[dict[str, Any]]:
    """Return the items of these keys that exist, strongly consistent, in no order.

    Args:
        client: of the table's region.
        table: its name.
        keys: in DynamoDB JSON; one given twice is read once.
        timeout_seconds: for each 100 keys; the client's unless given.

    Raises:
        Throttled: DynamoDB kept leaving keys unprocessed until the time was over.
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
        await drain(send, distinct[start : start + GET_KEYS_MAX], seconds)
    return items


async def batch_write(
    client: Client, table: str, requests: Sequence[Entry], *, timeout_seconds: float | None = None
) -> None:
    """Run unconditional puts and deletes; no key may stand twice among 25 neighbours.

    Args:
        client: of the table's region.
        table: its name.
        requests: each ``{"PutRequest": {"Item": …}}`` or ``{"DeleteRequest": {"Key": …}}``.
        timeout_seconds: for each 25 requests; the client's unless given.

    Raises:
        Throttled: DynamoDB kept leaving requests unprocessed until the time was over.
    """

    async def send(entries: Sequence[Entry], seconds: float) -> Sequence[Entry]:
        request = {"RequestItems": {table: entries}}
        answer = await client.call("BatchWriteItem", request, timeout_seconds=seconds)
        left: Sequence[Entry] = answer.get("UnprocessedItems", {}).get(table, ())
        return left

    seconds = timeout_seconds or client.config.timeout_seconds
    for start in range(0, len(requests), WRITE_REQUESTS_MAX):
        await drain(send, requests[start : start + WRITE_REQUESTS_MAX], seconds)


async def drain(send: Send, entries: Sequence[Entry], seconds: float) -> None:
    """Send entries, and what is left of them again, with longer pauses while nothing moves.

    Raises:
        Throttled: entries were left when the time was over.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    standstills = 0
    while entries:
        left = await send(entries, max(deadline - loop.time(), 0.001))
        standstills = standstills + 1 if len(left) == len(entries) else 1
        entries = left
        if not entries:
            return
        ceiling = ceiling_seconds(_POLICY, Kind.THROTTLED, standstills)
        pause = random.random() * ceiling  # noqa: S311 - spreads callers, keeps no secret
        if loop.time() + pause >= deadline:
            raise Throttled(f"{len(entries)} entries of a batch were left unprocessed in time")
        await asyncio.sleep(pause)
