"""The interface of DynamoDB clients, and the check of clients and listeners."""

from __future__ import annotations

from typing import Any, Protocol

from crossfade.entity.errors import Code, EntityError, kind_of


class Client(Protocol):
    """A DynamoDB client, whose requests and responses have typed attribute values."""

    async def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Execute one operation of DynamoDB's API, such as ``PutItem``; return the response."""


def check_connections(client: object, listeners: tuple[object, ...]) -> None:
    """Check that a client and listeners can be called.

    Raises:
        EntityError: 1023 for a client without `call`, 1021 for a listener that is not callable.
    """
    if client is not None and not callable(getattr(client, "call", None)):
        raise EntityError(
            Code.INVALID_CLIENT_PROVIDED,
            f"a client must have a call method; {kind_of(client)} has none",
        )
    for listener in listeners:
        if not callable(listener):
            raise EntityError(
                Code.INVALID_LISTENER_PROVIDED,
                f"a listener must be a function, not {kind_of(listener)}",
            )
