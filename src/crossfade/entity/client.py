"""What executes requests, and what is told about them."""

from __future__ import annotations

from typing import Any, Protocol

from crossfade.entity.errors import Code, EntityError, kind_of


class Client(Protocol):
    """What executes requests: a DynamoDB client that takes and gives typed attribute values."""

    async def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Execute one operation of DynamoDB's API, such as ``PutItem``."""


def check_connections(client: object, listeners: tuple[object, ...]) -> None:
    """Check what executes calls and what is told about them.

    Raises:
        EntityError: 1023 for a client without `call`, 1021 for a listener that is no function.
    """
    if client is not None and not callable(getattr(client, "call", None)):
        raise EntityError(
            Code.INVALID_CLIENT_PROVIDED,
            f"a client has a call method, not {kind_of(client)}",
        )
    for listener in listeners:
        if not callable(listener):
            raise EntityError(
                Code.INVALID_LISTENER_PROVIDED, f"a listener is a function, not {kind_of(listener)}"
            )
