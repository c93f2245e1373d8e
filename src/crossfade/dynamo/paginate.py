"""Pagination of Query and Scan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from crossfade.dynamo.client import Client
from crossfade.errors import CorruptResponse


async def pages(
    client: Client, operation: Literal["Query", "Scan"], request: Mapping[str, Any]
) -> AsyncIterator[dict[str, Any]]:
    """Yield DynamoDB's answers in DynamoDB JSON, one per page, each within its own deadline.

    Args:
        client: a client of the table's region.
        operation: the operation.
        request: its parameters in DynamoDB JSON; ``ExclusiveStartKey`` is where to begin.

    Raises:
        CorruptResponse: a page ends at the key it began after, so the next would be the same.
    """
    start = request.get("ExclusiveStartKey")
    while True:
        page = {**request, "ExclusiveStartKey": start} if start else request
        answer = await client.call(operation, page)
        yield answer
        last = answer.get("LastEvaluatedKey")
        if not last:
            return
        if last == start:
            raise CorruptResponse(f"a page of {operation} ends at the key it began after")
        start = last


async def items(
    client: Client, operation: Literal["Query", "Scan"], request: Mapping[str, Any]
) -> AsyncIterator[dict[str, Any]]:
    """Yield the items of all pages in DynamoDB JSON; arguments and errors as those of `pages`."""
    async for page in pages(client, operation, request):
        for item in page.get("Items", ()):
            yield item
