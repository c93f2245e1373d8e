"""What must hold before the application may read from the target: facts, thresholds, gates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

COUNT_MAX = 10_001
"""Counts of facts stop here."""
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


class Phase(StrEnum):
    """Where a migration stands; each one is entered through its gates."""

    INSTALLING = "installing"  # not every write is captured
    INSTALLED = "installed"  # every write is captured; older rows are not in the target
    BACKFILLING = "backfilling"
    VALIDATING = "validating"  # all of it is in the target; that remains to be proven for a while
    READY = "ready to cut over"


class Unit(StrEnum):
    """What a gate's value counts."""

    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """What the ledger's schema says of one mapping.

    Attributes:
        uncaptured: tables whose writes are not captured at this moment.
        windows: of its backfill; 0 when none was planned for what is installed now.
        verified_at: when the newest full pass that covers it and ended began.
        replicated_through: every write committed before is in the target.
        verified_through: of every write committed before, the key was compared since.
        buckets: parts of its keys that were compared within the window of validation.
    """

    name: str
    uncaptured: tuple[str, ...]
    windows: int
    windows_done: int
    verified_at: datetime | None
    replicated_through: datetime
    verified_through: datetime
    buckets: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger's schema says at one moment; counts go no further than `COUNT_MAX`.

    Attributes:
        quiet_since: since when both stores were not seen to differ: when the last finding was
            closed, or every entity had a full pass; None before that.
        relays: processes that deliver at this moment.
        canary_at: when the newest canary that reached the target set out; None without canaries.
    """

    taken_at: datetime
    entities: tuple[EntityFacts, ...]
    dirty: int
    parked: int
    open_findings: int
    relays: int
    quiet_since: datetime | None
    canary_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is asked for, beside what leaves no choice: no parked key, no open finding."""

    dirty_keys_max: int = 1000
    lag_seconds_max: float = _MINUTE
    full_pass_seconds_max: float = _DAY
    verified_seconds_max: float = _HOUR
    quiet_seconds_min: float = 14 * _DAY
    canary_seconds_max: float = _MINUTE


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition.

    Attributes:
        name: short and stable, for scripts.
        title: what it asks, for people.
        value: what there is, of the worst entity; None when it is not known.
        threshold: what there must be.
        is_least: whether the threshold is the least value, or else the most.
        reason: why it is passed, or what to do.
        opens: the phase that it leads to.
    """

    name: str
    title: str
    value: float | None
    threshold: float
    unit: Unit
    is_least: bool
    reason: str
    opens: Phase

    @property
    def is_passed(self) -> bool:
        """Whether the condition holds."""
        if self.value is None:
            return False
        return self.value >= self.threshold if self.is_least else self.value <= self.threshold


@dataclass(frozen=True, slots=True)
class Readiness:
    """All gates, in the order in which they are passed, and the phase they come to."""

    taken_at: datetime
    phase: Phase
    gates: tuple[Gate, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every gate is passed."""
        return self.phase is Phase.READY
