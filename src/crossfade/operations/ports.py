"""What a worker needs of the store of operators' requests."""

from __future__ import annotations

from typing import Protocol

from crossfade.operations.requests import OperatorRequest, RequestState


class Requests(Protocol):
    """The requests of operators."""

    @property
    def lease_seconds(self) -> float:
        """Return how long a worker may be silent before it loses its request."""

    async def take(self) -> OperatorRequest | None:
        """Take the oldest request, unless one is being carried out."""

    async def renew(self, number: int, outcome: str | None) -> bool:
        """Renew a lease and record the progress; return False if another worker has the request."""

    async def end(self, number: int, state: RequestState, outcome: str | None) -> bool:
        """End a request, or give it back as waiting; return False if another worker has it."""

    async def forget_revealed(self) -> int:
        """Remove revealed content that has expired; return how many there were."""
