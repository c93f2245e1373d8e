"""What a worker needs of the store of operators' requests."""

from __future__ import annotations

from typing import Protocol

from crossfade.operations.requests import OperatorRequest, RequestState


class Requests(Protocol):
    """What operators asked for, as a worker sees it."""

    @property
    def lease_seconds(self) -> float:
        """How long a worker may be silent before it loses its request."""

    async def take(self) -> OperatorRequest | None:
        """Take the oldest request, unless one is being worked on."""

    async def renew(self, number: int, outcome: str | None) -> bool:
        """Keep a request, and tell how far it has come; False when another worker has it."""

    async def end(self, number: int, state: RequestState, outcome: str | None) -> bool:
        """End a request, or give it back as waiting; False when another worker has it."""

    async def forget_revealed(self) -> int:
        """Remove revealed content that has expired; returns how many there were."""
