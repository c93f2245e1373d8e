"""Many items in one request, each only where none stands: PartiQL's INSERT in batches.

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
"""Of the text alone; the values stand beside it."""
PORTION_BYTES_MAX = 1_048_576
"""Of the values in one request: far below what DynamoDB takes, and little to send again."""

INSERTIONS: Mapping[str, Insertion] = {
    "DuplicateItem": Insertion.EXISTING,
    "ProvisionedThroughputExceeded": Insertion.THROTTLED,
    "RequestLimitExceeded": Insertion.THROTTLED,
    "ThrottlingError": Insertion.THROTTLED,
}
"""What the errors of single statements mean; every other one leaves the item to a put."""

REMEDY = "allow dynamodb:PartiQLInsert on the table to backfill with less effort"


async def insert(
    client: Client, table: str, items: Sequence[Item], values: Sequence[bytes]
) -> list[Insertion]:
    """Write items where none stands.

    A batch that is given up halfway, or whose answer is lost, may have been written: sent again,
    its own items stand there.

    Args:
        client: of the table's region.
        table: its name.
        items: each whole, its key included.
        values: the values of each item as a JSON array, in the order of its names.

    Returns:
        What became of each item.

    Raises:
        Rejected: DynamoDB, or the credentials' permissions, have no such operation.
        Unavailable: DynamoDB cannot now.
    """
    found: list[Insertion] = []
    for portion in _portions(values):
        found += await _send(client, table, items[portion], values[portion])
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
        raise CorruptResponse(f"DynamoDB's answer to {OPERATION} has not one entry per statement")
    found = [*map(_insertion, responses)]
    if set(found) == {Insertion.REFUSED}:
        code = responses[0]["Error"].get("Code")
        raise InvalidRequest(f"DynamoDB refused every insert of a batch ({code}); {REMEDY}")
    return found


def _insertion(response: Mapping[str, Any]) -> Insertion:
    """Return what the answer to one statement says."""
    error = response.get("Error")
    if error is None:
        return Insertion.WRITTEN
    return INSERTIONS.get(error.get("Code"), Insertion.REFUSED)


@lru_cache(maxsize=4096)
def _statement(table: str, names: tuple[str, ...]) -> bytes:
    """Return the beginning of a batch's entry, up to its values.

    Raises:
        InvalidRequest: the names alone pass what a statement may have.
    """
    members = ",".join("'" + name.replace("'", "''") + "':?" for name in names)
    text = f'INSERT INTO "{table}" VALUE {{{members}}}'
    if len(text.encode()) > STATEMENT_BYTES_MAX:
        raise InvalidRequest(f"{len(names)} attributes make an INSERT too long; put the item")
    return encode(OPERATION, {"Statement": text})[:-1] + b',"Parameters":'


def _portions(values: Sequence[bytes]) -> Iterator[slice]:
    """Yield what goes into one request each."""
    start = size = 0
    for place, value in enumerate(values):
        full = place - start == STATEMENTS_MAX or size + len(value) > PORTION_BYTES_MAX
        if full and place > start:
            yield slice(start, place)
            start, size = place, 0
        size += len(value)
    if start < len(values):
        yield slice(start, len(values))
