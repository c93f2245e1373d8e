"""Conditional inserts of many items per request: batches of PartiQL INSERT statements.

Source: Amazon DynamoDB Developer Guide, "PartiQL insert statements for DynamoDB" and "Running batch
operations with PartiQL for DynamoDB"; API Reference, "BatchExecuteStatement" and
"BatchStatementError".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from crossfade.dynamo.client import Client, encode
from crossfade.errors import AccessDenied, CorruptResponse, CredentialsExpired, InvalidRequest
from crossfade.mapping.state import Insertion
from crossfade.ports import Item

OPERATION = "BatchExecuteStatement"
STATEMENTS_MAX = 25
STATEMENT_BYTES_MAX = 8192
"""The limit of a statement's text; its parameters are separate."""
BATCH_BYTES_MAX = 1_048_576
"""Bytes of the values of one request: far below DynamoDB's limit, so that a retry costs little."""

INSERTIONS: Mapping[str, Insertion] = {
    "DuplicateItem": Insertion.EXISTING,
    "ProvisionedThroughputExceeded": Insertion.THROTTLED,
    "RequestLimitExceeded": Insertion.THROTTLED,
    "ThrottlingError": Insertion.THROTTLED,
}
"""The outcomes of statements by error code; after any other code the item must be put instead."""

REMEDY = "allow dynamodb:PartiQLInsert on the table to backfill with less effort"


async def insert(
    client: Client, table: str, items: Sequence[Item], values: Sequence[bytes]
) -> list[Insertion]:
    """Write each item unless one with its key exists.

    A request that was interrupted or got no answer may have written its items: when it is sent
    again, they are reported as existing.

    Args:
        client: a client of the table's region.
        table: the table's name.
        items: whole items in DynamoDB JSON, keys included.
        values: the values of each item as a JSON array, in the order of its attribute names.

    Returns:
        The outcome of each item, in order.

    Raises:
        Rejected: DynamoDB lacks the operation, or the credentials lack its permission.
        Unavailable: DynamoDB cannot answer now.
    """
    found: list[Insertion] = []
    for batch in _batches(values):
        found += await _send(client, table, items[batch], values[batch])
    return found


async def _send(
    client: Client, table: str, items: Sequence[Item], values: Sequence[bytes]
) -> list[Insertion]:
    statements = [_statement(table, tuple(item)) for item in items]
    parts = (b"%b%b}" % pair for pair in zip(statements, values, strict=True))
    try:
        answer = await client.send(OPERATION, b'{"Statements":[%b]}' % b",".join(parts))
    except CredentialsExpired:
        raise
    except AccessDenied as error:
        raise InvalidRequest(f"{error}; {REMEDY}") from error
    responses = answer.get("Responses", ())
    if len(responses) != len(items):
        raise CorruptResponse(
            f"DynamoDB's answer to {OPERATION} does not have one entry per statement"
        )
    found = [*map(_insertion, responses)]
    if set(found) == {Insertion.REFUSED}:
        code = responses[0]["Error"].get("Code")
        raise InvalidRequest(f"DynamoDB refused every insert of a batch ({code}); {REMEDY}")
    return found


def _insertion(response: Mapping[str, Any]) -> Insertion:
    """Return the outcome of one statement."""
    error = response.get("Error")
    if error is None:
        return Insertion.WRITTEN
    return INSERTIONS.get(error.get("Code"), Insertion.REFUSED)


@lru_cache(maxsize=4096)
def _statement(table: str, names: tuple[str, ...]) -> bytes:
    """Return the JSON of a batch's entry, up to its parameters.

    Raises:
        InvalidRequest: the attribute names exceed `STATEMENT_BYTES_MAX`.
    """
    members = ",".join("'" + name.replace("'", "''") + "':?" for name in names)
    text = f'INSERT INTO "{table}" VALUE {{{members}}}'
    if len(text.encode()) > STATEMENT_BYTES_MAX:
        raise InvalidRequest(f"{len(names)} attributes make an INSERT too long; put the item")
    return encode(OPERATION, {"Statement": text})[:-1] + b',"Parameters":'


def _batches(values: Sequence[bytes]) -> Iterator[slice]:
    """Yield the slice of each request."""
    start = size = 0
    for place, value in enumerate(values):
        full = place - start == STATEMENTS_MAX or size + len(value) > BATCH_BYTES_MAX
        if full and place > start:
            yield slice(start, place)
            start, size = place, 0
        size += len(value)
    if start < len(values):
        yield slice(start, len(values))
