"""Skipping of entities: a table that changes during a job stops the job for that table only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from crossfade.errors import SchemaChanged
from crossfade.jobs.skipped import SkippedEntity

T = TypeVar("T")


class SkipList:
    """Entities that this job skips because their tables changed.

    Args:
        on_skip: called once per entity; may raise to abort the job.
    """

    def __init__(self, on_skip: Callable[[SkippedEntity], None]) -> None:
        self._on_skip = on_skip
        self._reasons: dict[str, str] = {}

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the skipped entities."""
        return frozenset(self._reasons)

    @property
    def skipped(self) -> tuple[SkippedEntity, ...]:
        """Return the skipped entities, sorted by name."""
        return tuple(SkippedEntity(*reason) for reason in sorted(self._reasons.items()))

    async def run(self, read: Callable[[frozenset[str]], Awaitable[T]]) -> T:
        """Return the result of `read`, repeated without each entity whose table has changed.

        Args:
            read: called with the names of the entities to skip.

        Raises:
            SchemaChanged: the error names no entity, or one that is skipped already.
        """
        while True:
            without = self.names
            try:
                return await read(without)
            except SchemaChanged as error:
                if not error.entity or error.entity in without:
                    raise
                self._skip(SkippedEntity(error.entity, str(error)))

    def _skip(self, one: SkippedEntity) -> None:
        if one.entity not in self._reasons:
            self._reasons[one.entity] = one.reason
            self._on_skip(one)
