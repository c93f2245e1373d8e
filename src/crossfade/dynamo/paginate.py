"""Query and Scan, page by page or item by item."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from crossfade.dynamo.client import Client
from crossfade.errors import CorruptResponse


async def pages(
    client: Client, operation: Literal["Query", "Scan"], request: Mapping[str, Any]
) -> AsyncIterator[dict[str, Any]]:
    """Yield DynamoDB's answers, one per page, until the last; each within its own deadline.

    Raises:
        CorruptResponse: a page ends where it began, so the next one would be the same again.
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
    """Yield the items of all pages."""
    async for page in pages(client, operation, request):
        for item in page.get("Items", ()):
            yield item
