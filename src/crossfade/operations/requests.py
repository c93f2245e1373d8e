"""Requests of operators. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Verify:
    """A full pass over some entities; over all if none is named."""

    entities: tuple[str, ...] = ()
    is_deep: bool = False


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair of one open finding, or of all."""

    finding: int | None = None


@dataclass(frozen=True, slots=True)
class Unpark:
    """A retry of one parked key, of all those of an entity, or of all."""

    entity: str | None = None
    key: tuple[str | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reveal:
    """Temporary display of the contents of one key's row and item."""

    entity: str
    key: tuple[str | None, ...]


Task = Verify | Repair | Unpark | Reveal

KINDS: Mapping[str, type[Task]] = MappingProxyType(
    {"verify": Verify, "repair": Repair, "unpark": Unpark, "reveal": Reveal}
)
"""The tasks by their names in the ledger's schema."""


def kind_of(task: Task) -> str:
    """Return a task's name."""
    return next(name for name, kind in KINDS.items() if isinstance(task, kind))


def unparked(keys: int) -> str:
    """Return the outcome of a request to unpark keys, as text."""
    return "one key is tried again" if keys == 1 else f"{keys} keys are tried again"


class RequestState(StrEnum):
    """The state of a request."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """A request of an operator.

    Attributes:
        requested_by: the operator's name.
        attempts: how often a worker has started it.
        taken_at: when a worker last started it.
        lease_until: when another worker may take it, unless its worker renews the lease.
        outcome: the result, or the progress of a running request.
    """

    id: int
    task: Task
    requested_by: str
    requested_at: datetime
    state: RequestState
    attempts: int
    taken_at: datetime | None
    lease_until: datetime | None
    finished_at: datetime | None
    outcome: str | None

    @property
    def kind(self) -> str:
        """Return the name of the task."""
        return kind_of(self.task)

    @property
    def is_open(self) -> bool:
        """Return whether the request has not ended."""
        return self.finished_at is None
