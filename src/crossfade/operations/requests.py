"""What operators can ask for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Verify:
    """A full pass over some entities; all of them unless named."""

    entities: tuple[str, ...] = ()
    is_deep: bool = False


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair of one open finding, or of all of them."""

    finding: int | None = None


@dataclass(frozen=True, slots=True)
class Unpark:
    """A fresh chance for one parked key, for those of an entity, or for all of them."""

    entity: str | None = None
    key: tuple[str | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reveal:
    """The contents of row and item of one key, for a short time."""

    entity: str
    key: tuple[str | None, ...]


Task = Verify | Repair | Unpark | Reveal

KINDS: Mapping[str, type[Task]] = MappingProxyType(
    {"verify": Verify, "repair": Repair, "unpark": Unpark, "reveal": Reveal}
)
"""The tasks by the names that the ledger's schema keeps."""


def kind_of(task: Task) -> str:
    """Return a task's name."""
    return next(name for name, kind in KINDS.items() if isinstance(task, kind))


def unparked(keys: int) -> str:
    """Say how a request to un-park ended."""
    return "one key is tried again" if keys == 1 else f"{keys} keys are tried again"


class RequestState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What an operator asked for.

    Attributes:
        requested_by: the operator's name.
        attempts: how often a worker has begun it.
        lease_until: when another worker may take it up, unless its worker tells of itself before.
        outcome: how it ended, or how far it has come.
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
        """The name of its task."""
        return kind_of(self.task)

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.finished_at is None
