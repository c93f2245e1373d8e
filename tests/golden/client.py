"""A client that returns recorded responses and records its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.entity import marshal, marshal_item, unmarshal_item
from crossfade.errors import (
    CancellationReason,
    ConditionFailed,
    CrossfadeError,
    ServerFault,
    Throttled,
    TransactionCanceled,
)

_COMMANDS = {
    "GetItem": "Get",
    "PutItem": "Put",
    "UpdateItem": "Update",
    "DeleteItem": "Delete",
    "Query": "Query",
    "Scan": "Scan",
    "BatchGetItem": "BatchGet",
    "BatchWriteItem": "BatchWrite",
    "TransactWriteItems": "TransactWrite",
    "TransactGetItems": "TransactGet",
}
_ITEM_PARTS = (
    "Item",
    "Key",
    "ExpressionAttributeValues",
    "ExclusiveStartKey",
    "Attributes",
    "LastEvaluatedKey",
)


class RecordedClient:
    """A client that returns responses in order; the last one repeats."""

    def __init__(self, responses: list[Any]) -> None:
        self._responses = list(responses) or [{}]
        self.requests: list[dict[str, Any]] = []
        self.wire: list[dict[str, Any]] = []

    async def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Record the request, and return the next response."""
        self.wire.append({"target": f"DynamoDB_20120810.{operation}", "body": request})
        self.requests.append({"command": _COMMANDS[operation], "input": plain(request)})
        done = len(self.requests) - 1
        response = self._responses[min(done, len(self._responses) - 1)]
        if "$throw" in response:
            raise _error(response["$throw"])
        typed: dict[str, Any] = _typed(response)
        return typed


def _error(thrown: Mapping[str, Any]) -> CrossfadeError:
    match thrown["name"]:
        case "ConditionalCheckFailedException":
            return ConditionFailed(thrown.get("Item"))
        case "TransactionCanceledException":
            return TransactionCanceled(
                tuple(
                    CancellationReason(
                        reason["Code"], reason.get("Item"), reason.get("Message", "")
                    )
                    for reason in thrown["CancellationReasons"]
                )
            )
        case "ProvisionedThroughputExceededException":
            return Throttled(thrown["message"])
        case _:
            return ServerFault(thrown["message"])


def plain(value: Any) -> Any:
    """Return a typed request with plain Python values instead of typed attribute values."""
    if isinstance(value, list):
        return [plain(element) for element in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: unmarshal_item(child)
        if name in _ITEM_PARTS
        else [unmarshal_item(key) for key in child]
        if name == "Keys"
        else plain(child)
        for name, child in value.items()
    }


def _typed(value: Any) -> Any:
    """Return a recorded response with typed attribute values."""
    if not isinstance(value, Mapping):
        return value
    return {name: _typed_part(name, child) for name, child in value.items()}


def _typed_part(name: str, child: Any) -> Any:
    if name in _ITEM_PARTS:
        return marshal_item(child)
    if name in ("Items", "Keys"):
        return [marshal_item(item) for item in child]
    if name == "Responses" and isinstance(child, Mapping):
        return {table: [marshal_item(item) for item in items] for table, items in child.items()}
    if isinstance(child, list):
        return [_typed(element) for element in child]
    if isinstance(child, Mapping):
        return _typed(child)
    return child


__all__ = ["RecordedClient", "marshal", "plain"]
