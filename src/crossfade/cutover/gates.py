"""The facts, thresholds and gates of a cut-over to the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

COUNT_MAX = 10_001
"""The number at which facts stop counting."""
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


class Phase(StrEnum):
    """A phase of a migration; it begins when the gates that open it are passed."""

    INSTALLING = "installing"  # not every write is captured
    INSTALLED = "installed"  # every write is captured; no backfill has begun
    BACKFILLING = "backfilling"
    VALIDATING = "validating"  # every row was copied; some gates are not passed yet
    READY = "ready to cut over"


class Unit(StrEnum):
    """The unit of a gate's value."""

    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """The state of one mapping, from the ledger's schema.

    Attributes:
        name: the mapping's name.
        uncaptured: tables whose writes are not captured.
        windows: windows of the backfill; 0 if none was planned since the last installation.
        windows_done: windows that are copied.
        verified_at: start of the newest completed full pass over the mapping.
        replicated_through: every write committed before this time is in the target.
        verified_through: every write committed before this time has had its key compared since.
        buckets: parts of the mapping's keys that were compared within the validation window.
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
    """The state of a migration, from the ledger's schema; counts stop at `COUNT_MAX`.

    Attributes:
        taken_at: when the facts were read.
        dirty: keys that are not delivered yet.
        parked: parked keys.
        open_findings: open findings.
        relays: running relay processes.
        quiet_since: when the last finding was closed, or the last entity had its first full pass;
            None before that.
        canary_at: when the newest canary in the target was written; None without canaries.
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
    """The configurable thresholds. Parked keys and open findings are never allowed."""

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
        name: a short, stable name for scripts.
        title: a description for people.
        value: the measured value, that of the worst entity; None if unknown.
        threshold: the required value.
        unit: the unit of value and threshold.
        is_least: whether the threshold is a minimum; otherwise it is a maximum.
        reason: why the gate is passed, or what to do.
        opens: the phase that begins when all of its gates are passed.
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
        """Return whether the condition holds."""
        if self.value is None:
            return False
        return self.value >= self.threshold if self.is_least else self.value <= self.threshold


@dataclass(frozen=True, slots=True)
class Readiness:
    """All gates, in the order in which they are passed, and the resulting phase."""

    taken_at: datetime
    phase: Phase
    gates: tuple[Gate, ...]

    @property
    def is_ready(self) -> bool:
        """Return whether every gate is passed."""
        return self.phase is Phase.READY
