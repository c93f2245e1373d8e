"""Ready or not: what must hold before the application may read from the target. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

BUCKETS = 256
"""Parts of an entity's keys that are compared and dated one by one."""
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
            closed, or the first full pass ended; None before that and while a finding is open.
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
        return _holds(self.value, self.threshold, is_least=self.is_least)


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


def readiness(facts: Facts, thresholds: Thresholds) -> Readiness:
    """Return how every gate stands."""
    gates = (
        _capture(facts),
        _backfill(facts),
        _relays(facts),
        _dirty(facts, thresholds),
        _lag(facts, thresholds),
        _parked(facts),
        _findings(facts),
        _full_pass(facts, thresholds),
        _verified(facts, thresholds),
        _coverage(facts),
        _quiet(facts, thresholds),
        _canary(facts, thresholds),
    )
    asked = tuple(gate for gate in gates if gate is not None)
    return Readiness(facts.taken_at, _phase(facts, asked), asked)


def _phase(facts: Facts, gates: Sequence[Gate]) -> Phase:
    closed = {gate.opens for gate in gates if not gate.is_passed}
    if Phase.INSTALLED in closed:
        return Phase.INSTALLING
    if Phase.VALIDATING in closed:
        begun = any(entity.windows for entity in facts.entities)
        return Phase.BACKFILLING if begun else Phase.INSTALLED
    return Phase.VALIDATING if closed else Phase.READY


def _capture(facts: Facts) -> Gate:
    missing = [table for entity in facts.entities for table in entity.uncaptured]
    value = len(missing) if facts.entities else None
    return _gate(
        ("capture", "Tables whose writes are not captured", Phase.INSTALLED),
        value,
        0,
        passed="every trigger is in place",
        failed=f"{', '.join(missing) or 'no mapping'}: run `crossfade install`",
    )


def _backfill(facts: Facts) -> Gate:
    def share(entity: EntityFacts) -> float:
        return entity.windows_done / entity.windows if entity.windows else 0.0

    value, name = _worst(facts, share, min)
    return _gate(
        ("backfill", "Rows of before the capture that are in the target", Phase.VALIDATING),
        value,
        1.0,
        unit=Unit.SHARE,
        is_least=True,
        passed="every window is done",
        failed=f"{name}: run `crossfade backfill`",
    )


def _relays(facts: Facts) -> Gate:
    return _gate(
        ("relays", "Relays at work", Phase.READY),
        facts.relays,
        1,
        is_least=True,
        passed="changes are being delivered",
        failed="nothing delivers what the fast path leaves: start `crossfade relay`",
    )


def _dirty(facts: Facts, thresholds: Thresholds) -> Gate:
    return _gate(
        ("dirty", "Keys on their way to the target", Phase.READY),
        facts.dirty,
        thresholds.dirty_keys_max,
        passed="a cut-over would wait for few keys",
        failed="wait for the relay, or start more of them",
    )


def _lag(facts: Facts, thresholds: Thresholds) -> Gate:
    value, name = _worst(facts, lambda one: _age(facts, one.replicated_through), max)
    return _gate(
        ("lag", "Age of the oldest key on its way", Phase.READY),
        value,
        thresholds.lag_seconds_max,
        unit=Unit.SECONDS,
        passed="changes arrive soon",
        failed=f"{name}: look at its failures, `crossfade status` shows them",
    )


def _parked(facts: Facts) -> Gate:
    return _gate(
        ("parked", "Parked keys", Phase.READY),
        facts.parked,
        0,
        passed="no key was given up",
        failed="mend their rows or the mapping, then `crossfade unpark`",
    )


def _findings(facts: Facts) -> Gate:
    return _gate(
        ("findings", "Open findings", Phase.READY),
        facts.open_findings,
        0,
        passed="no difference is known",
        failed="run `crossfade repair`",
    )


def _full_pass(facts: Facts, thresholds: Thresholds) -> Gate:
    value, name = _worst(facts, lambda one: _age(facts, one.verified_at), max)
    return _gate(
        ("full-pass", "Age of the newest full pass", Phase.READY),
        value,
        thresholds.full_pass_seconds_max,
        unit=Unit.SECONDS,
        passed="everything was compared lately",
        failed=f"{name}: run `crossfade verify`",
    )


def _verified(facts: Facts, thresholds: Thresholds) -> Gate:
    value, name = _worst(facts, lambda one: _age(facts, one.verified_through), max)
    return _gate(
        ("verified", "Age of the oldest write that was not compared since", Phase.READY),
        value,
        thresholds.verified_seconds_max,
        unit=Unit.SECONDS,
        passed="writes are compared soon after they arrive",
        failed=f"{name}: run `crossfade verify --continuous`",
    )


def _coverage(facts: Facts) -> Gate:
    value, name = _worst(facts, lambda one: one.buckets / BUCKETS, min)
    return _gate(
        ("coverage", "Keys compared within the window of validation", Phase.READY),
        value,
        1.0,
        unit=Unit.SHARE,
        is_least=True,
        passed="no part of the keys was left out",
        failed=f"{name}: run `crossfade verify`",
    )


def _quiet(facts: Facts, thresholds: Thresholds) -> Gate:
    is_quiet = facts.quiet_since is not None and not facts.open_findings
    return _gate(
        ("quiet", "Time without a difference", Phase.READY),
        _age(facts, facts.quiet_since) if is_quiet else 0.0,
        thresholds.quiet_seconds_min,
        unit=Unit.SECONDS,
        is_least=True,
        passed="the window of validation was clean",
        failed="wait; every difference begins the window anew",
    )


def _canary(facts: Facts, thresholds: Thresholds) -> Gate | None:
    if facts.canary_at is None:
        return None
    return _gate(
        ("canary", "Age of the newest canary in the target", Phase.READY),
        _age(facts, facts.canary_at),
        thresholds.canary_seconds_max,
        unit=Unit.SECONDS,
        passed="a write arrives end to end",
        failed="nothing arrives: look at the relay and at the breakers",
    )


def _gate(  # noqa: PLR0913 - one parameter an attribute
    what: tuple[str, str, Phase],
    value: float | None,
    threshold: float,
    *,
    passed: str,
    failed: str,
    unit: Unit = Unit.COUNT,
    is_least: bool = False,
) -> Gate:
    name, title, opens = what
    reason = passed if _holds(value, threshold, is_least=is_least) else failed
    return Gate(name, title, value, threshold, unit, is_least, reason, opens)


def _holds(value: float | None, threshold: float, *, is_least: bool) -> bool:
    if value is None:
        return False
    return value >= threshold if is_least else value <= threshold


def _worst(
    facts: Facts,
    value_of: Callable[[EntityFacts], float | None],
    choose: Callable[[Iterable[float]], float],
) -> tuple[float | None, str]:
    """Return the value of the entity that is worst off, and its name; None is worse than any."""
    values = {entity.name: value_of(entity) for entity in facts.entities}
    known = {name: value for name, value in values.items() if value is not None}
    if len(known) < len(values) or not known:
        return None, next((name for name in values if name not in known), "no mapping")
    worst = choose(known.values())
    return worst, next(name for name, value in known.items() if value == worst)


def _age(facts: Facts, when: datetime | None) -> float | None:
    return None if when is None else max(0.0, (facts.taken_at - when).total_seconds())
