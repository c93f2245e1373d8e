"""Sending of requests through a client, with conversion of values and calls of listeners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossfade.entity.client import Client
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.events import Event, QuerySent, ResultsReceived
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.options import Options
from crossfade.entity.values.attribute_values import marshal_item, unmarshal_item
from crossfade.errors import CrossfadeError

Params = dict[str, Any]
_ITEMS = ("Item", "Key", "ExpressionAttributeValues", "ExclusiveStartKey")
_READ_ITEMS = ("Item", "Attributes", "LastEvaluatedKey", "Key")

OPERATIONS = {
    "get": "GetItem",
    "put": "PutItem",
    "update": "UpdateItem",
    "delete": "DeleteItem",
    "query": "Query",
    "scan": "Scan",
    "batchGet": "BatchGetItem",
    "batchWrite": "BatchWriteItem",
    "transactWrite": "TransactWriteItems",
    "transactGet": "TransactGetItems",
}


class StoreError(EntityError):
    """The store or its client failed; the client's error is the `__cause__`."""

    def __init__(self, cause: CrossfadeError) -> None:
        super().__init__(Code.AWS_ERROR, f"the store rejected the request: {cause}")
        self.cause = cause


async def send(
    context: ExecutionContext[Any],
    method: str,
    params: Params,
    options: Options,
    *,
    plain: bool = True,
) -> Params:
    """Send one request, and return the response.

    Args:
        context: the context of the entity.
        method: ElectroDB's name of the operation, a key of `OPERATIONS`.
        params: the parameters with plain Python values.
        options: the call's options.
        plain: whether to convert the response to plain Python values.

    Raises:
        EntityError: 1001 without a client, 3001 for a value that DynamoDB cannot hold.
        StoreError: the client failed; with `original_error`, the client's error instead.
    """
    client = client_of(context, options)
    request = typed_request(params)
    notify(context, QuerySent(method, params, options))
    try:
        response = await client.call(OPERATIONS[method], request)
    except CrossfadeError as error:
        notify(context, ResultsReceived(method, options, success=False, results=error))
        if options.original_error or isinstance(error, EntityError):
            raise
        raise StoreError(error) from error
    result = plain_response(response) if plain else response
    notify(context, ResultsReceived(method, options, success=True, results=result))
    return result


def client_of(context: ExecutionContext[Any], options: Options) -> Client:
    """Return the call's client, or the entity's.

    Raises:
        EntityError: 1001 if there is none.
    """
    client = options.client or context.client
    if client is None:
        raise EntityError(
            Code.NO_CLIENT_DEFINED, "no client; give client= to the entity, the service or the call"
        )
    return client


def notify(context: ExecutionContext[Any], event: Event) -> None:
    """Call every listener with an event, those of the call last."""
    for listener in (*context.listeners, *event.options.listeners):
        listener(event)


def typed_request(params: Mapping[str, Any]) -> Params:
    """Return the request with typed attribute values, without parameters that are None."""
    request: Params = {}
    for name, value in params.items():
        if value is None:
            continue
        if name in _ITEMS:
            request[name] = marshal_item(value)
        elif name == "RequestItems":
            request[name] = {table: _typed_batch(batch) for table, batch in value.items()}
        elif name == "TransactItems":
            request[name] = [_typed_actions(actions) for actions in value]
        else:
            request[name] = value
    return request


def _typed_actions(actions: Mapping[str, Any]) -> Params:
    return {action: typed_request(params) for action, params in actions.items()}


def _typed_batch(batch: Any) -> Any:
    if isinstance(batch, list):
        return [_typed_actions(entry) for entry in batch]
    return {**batch, "Keys": [marshal_item(key) for key in batch["Keys"]]}


def plain_response(response: Mapping[str, Any]) -> Params:
    """Return the response with plain Python values."""
    return {name: _plain(name, value) for name, value in response.items()}


def _plain(name: str, value: Any) -> Any:
    reader = _RESPONSE_PARTS.get(name)
    return reader(value) if reader and value is not None else value


def _plain_items(items: list[Any]) -> list[Any]:
    return [unmarshal_item(item) for item in items]


def _plain_responses(responses: Any) -> Any:
    if isinstance(responses, list):
        return [plain_response(response) for response in responses]
    return {table: _plain_items(items) for table, items in responses.items()}


def _plain_keys(tables: Mapping[str, Any]) -> Any:
    return {
        table: {**batch, "Keys": _plain_items(batch["Keys"])} for table, batch in tables.items()
    }


def _plain_writes(tables: Mapping[str, Any]) -> Any:
    return {
        table: [
            {action: plain_response(request) for action, request in entry.items()}
            for entry in entries
        ]
        for table, entries in tables.items()
    }


_RESPONSE_PARTS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_READ_ITEMS, unmarshal_item),
    "Items": _plain_items,
    "Responses": _plain_responses,
    "UnprocessedKeys": _plain_keys,
    "UnprocessedItems": _plain_writes,
}
