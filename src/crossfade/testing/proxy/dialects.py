"""Injected answers in the formats of DynamoDB and S3."""

from __future__ import annotations

import json
import zlib
from http import HTTPStatus
from typing import Any

from crossfade.testing.proxy.faults import Answer, ServerError, Throttle
from crossfade.testing.proxy.messages import Message, Request

_STATEMENTS = "BatchExecuteStatement"
_BATCH_FIELDS = {
    "BatchWriteItem": "UnprocessedItems",
    "BatchGetItem": "UnprocessedKeys",
    _STATEMENTS: "Responses",
}
_INJECTED = "injected by the fault proxy"


def error_answer(request: Request, fault: Answer | Throttle | ServerError) -> Message:
    """Return the store's error response for a fault."""
    match fault:
        case Answer(status, code):
            return _error(request, status, code)
        case Throttle(code) if request.is_dynamodb:
            return _error(request, HTTPStatus.BAD_REQUEST, code)
        case Throttle():
            return _error(request, HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown")
        case ServerError(status):
            code = "InternalServerError" if request.is_dynamodb else "InternalError"
            return _error(request, status, code)


def _error(request: Request, status: int, code: str) -> Message:
    if request.is_dynamodb:
        name = f"com.amazonaws.dynamodb.v20120810#{code}"
        body = json.dumps({"__type": name, "message": _INJECTED}).encode()
        return dynamodb_answer(status, body)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{_INJECTED}</Message><RequestId>0</RequestId></Error>"
    ).encode()
    head = f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Type: application/xml"
    return Message(head.encode(), b"").with_body(b"" if request.method == "HEAD" else body)


def dynamodb_answer(status: int, body: bytes) -> Message:
    """Return a response of DynamoDB with the checksum of its body."""
    head = (
        f"HTTP/1.1 {status} {_phrase(status)}\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}"
    )
    return Message(head.encode(), b"").with_body(body)


def split_batch(request: Request, processed: int) -> tuple[Message | None, Any]:
    """Split a batch request after its first entries.

    Args:
        request: BatchWriteItem, BatchGetItem or BatchExecuteStatement.
        processed: the number of entries to keep.

    Returns:
        The request with the entries to keep (None without any), and the remaining entries: by
        table, or a list of statements.

    Raises:
        ValueError: another operation.
    """
    if request.operation not in _BATCH_FIELDS:
        raise ValueError(f"Unprocessed needs {' or '.join(_BATCH_FIELDS)}, not {request.operation}")
    parameters = json.loads(request.message.body)
    if request.operation == _STATEMENTS:
        kept, remaining = _split_entry(parameters["Statements"], processed)
        entries = {"Statements": kept}
    else:
        kept, remaining = _split_tables(parameters["RequestItems"], processed)
        entries = {"RequestItems": kept}
    if not kept:
        return None, remaining
    body = json.dumps({**parameters, **entries}).encode()
    return request.message.with_body(body), remaining


def _split_tables(tables: dict[str, Any], processed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    kept: dict[str, Any] = {}
    remaining: dict[str, Any] = {}
    for table, entry in tables.items():
        first, rest = _split_entry(entry, max(0, processed - sum(map(_size, kept.values()))))
        if _size(first):
            kept[table] = first
        if _size(rest):
            remaining[table] = rest
    return kept, remaining


def _size(entry: Any) -> int:
    return len(entry["Keys"] if isinstance(entry, dict) else entry)


def _split_entry(entry: Any, count: int) -> tuple[Any, Any]:
    """Split a list of writes or statements, or the ``Keys`` of a read with its other parameters."""
    if isinstance(entry, dict):
        keys = entry["Keys"]
        return {**entry, "Keys": keys[:count]}, {**entry, "Keys": keys[count:]}
    return entry[:count], entry[count:]


def with_unprocessed(
    request: Request, answer: Message | None, remaining: Any, code: str
) -> Message:
    """Return the answer to a batch, with the remaining entries marked as not processed."""
    field = _BATCH_FIELDS[request.operation]
    content: dict[str, Any] = {} if answer is None else json.loads(answer.body)
    if request.operation == "BatchGetItem":
        content.setdefault("Responses", {})
    unprocessed: Any
    if request.operation == _STATEMENTS:
        error = {"Error": {"Code": code, "Message": _INJECTED}}
        unprocessed = [*content.get(field, []), *(error for _ in remaining)]
    else:
        unprocessed = {**content.get(field, {}), **remaining}
    body = json.dumps({**content, field: unprocessed}).encode()
    return dynamodb_answer(HTTPStatus.OK, body)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase
