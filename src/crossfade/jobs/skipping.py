"""A table that changes under a job ends the job's work on it, and on nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from crossfade.errors import SchemaChanged
from crossfade.jobs.skipped import SkippedEntity

T = TypeVar("T")


class SkipList:
    """The entities that one job leaves out from now on.

    Args:
        hear: is told of each of them, once; may raise to end the job.
    """

    def __init__(self, hear: Callable[[SkippedEntity], None]) -> None:
        self._hear = hear
        self._reasons: dict[str, str] = {}

    @property
    def names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(self._reasons)

    @property
    def left_out(self) -> tuple[SkippedEntity, ...]:
        """What is to be told of them, by name."""
        return tuple(SkippedEntity(*told) for told in sorted(self._reasons.items()))

    async def around(self, read: Callable[[frozenset[str]], Awaitable[T]]) -> T:
        """Return what can be read without the entities that cannot.

        Args:
            read: is given the names of the entities to leave out.

        Raises:
            SchemaChanged: it does not say of which entity, or that one was left out already.
        """
        while True:
            without = self.names
            try:
                return await read(without)
            except SchemaChanged as error:
                if not error.entity or error.entity in without:
                    raise
                self._leave_out(SkippedEntity(error.entity, str(error)))

    def _leave_out(self, one: SkippedEntity) -> None:
        if one.entity not in self._reasons:
            self._reasons[one.entity] = one.reason
            self._hear(one)
