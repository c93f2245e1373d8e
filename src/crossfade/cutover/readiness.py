"""Evaluation of the gates and of the resulting phase. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from crossfade.cutover.gates import (
    EntityFacts,
    Facts,
    Gate,
    Phase,
    Readiness,
    Thresholds,
    Unit,
)
from crossfade.mapping.coverage import COVERAGE_PARTS


def readiness(facts: Facts, thresholds: Thresholds) -> Readiness:
    """Evaluate every gate; a gate whose facts do not apply is omitted."""
    evaluated = (_gate(rule, facts, thresholds) for rule in _RULES)
    gates = tuple(gate for gate in evaluated if gate is not None)
    return Readiness(facts.taken_at, _phase(facts, gates), gates)


def _phase(facts: Facts, gates: Sequence[Gate]) -> Phase:
    closed = {gate.opens for gate in gates if not gate.is_passed}
    if Phase.INSTALLED in closed:
        return Phase.INSTALLING
    if Phase.VALIDATING in closed:
        begun = any(entity.windows for entity in facts.entities)
        return Phase.BACKFILLING if begun else Phase.INSTALLED
    return Phase.VALIDATING if closed else Phase.READY


class _Measured(NamedTuple):
    """A gate's value, None if unknown, and the entity or the tables that it comes from."""

    value: float | None
    where: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """The definition of a gate.

    Attributes:
        measure: returns the gate's value, or None if the gate is omitted.
        limit: returns the gate's threshold.
        passed: the reason if the gate is passed.
        failed: the reason if it is not; ``{where}`` is replaced by `_Measured.where`.
    """

    name: str
    title: str
    measure: Callable[[Facts], _Measured | None]
    limit: Callable[[Thresholds], float]
    passed: str
    failed: str
    unit: Unit = Unit.COUNT
    is_least: bool = False
    opens: Phase = Phase.READY


def _gate(rule: _Rule, facts: Facts, thresholds: Thresholds) -> Gate | None:
    measured = rule.measure(facts)
    if measured is None:
        return None
    gate = Gate(
        name=rule.name,
        title=rule.title,
        value=measured.value,
        threshold=rule.limit(thresholds),
        unit=rule.unit,
        is_least=rule.is_least,
        reason=rule.passed,
        opens=rule.opens,
    )
    if gate.is_passed:
        return gate
    return replace(gate, reason=rule.failed.format(where=measured.where))


def _uncaptured(facts: Facts) -> _Measured:
    missing = [table for entity in facts.entities for table in entity.uncaptured]
    value = len(missing) if facts.entities else None
    return _Measured(value, ", ".join(missing) or "no mapping")


def _copied(facts: Facts) -> _Measured:
    return _worst(facts, lambda one: one.windows_done / one.windows if one.windows else 0.0, min)


def _quiet(facts: Facts) -> _Measured:
    is_quiet = facts.quiet_since is not None and not facts.open_findings
    return _Measured(_age(facts, facts.quiet_since) if is_quiet else 0.0)


def _canary(facts: Facts) -> _Measured | None:
    return None if facts.canary_at is None else _Measured(_age(facts, facts.canary_at))


def _worst(
    facts: Facts,
    value_of: Callable[[EntityFacts], float | None],
    choose: Callable[[Iterable[float]], float],
) -> _Measured:
    """Return the worst entity's value and name; an unknown value is the worst."""
    values = {entity.name: value_of(entity) for entity in facts.entities}
    known = {name: value for name, value in values.items() if value is not None}
    if len(known) < len(values) or not known:
        unknown = next((name for name in values if name not in known), "no mapping")
        return _Measured(None, unknown)
    worst = choose(known.values())
    return _Measured(worst, next(name for name, value in known.items() if value == worst))


def _age(facts: Facts, when: datetime | None) -> float | None:
    return None if when is None else max(0.0, (facts.taken_at - when).total_seconds())


_RULES = (
    _Rule(
        "capture",
        "Tables whose writes are not captured",
        _uncaptured,
        lambda _: 0,
        passed="every trigger is in place",
        failed="{where}: run `crossfade install`",
        opens=Phase.INSTALLED,
    ),
    _Rule(
        "backfill",
        "Share of the backfill that is done",
        _copied,
        lambda _: 1.0,
        passed="every window is done",
        failed="{where}: run `crossfade backfill`",
        unit=Unit.SHARE,
        is_least=True,
        opens=Phase.VALIDATING,
    ),
    _Rule(
        "relays",
        "Running relays",
        lambda facts: _Measured(facts.relays),
        lambda _: 1,
        passed="changes are delivered",
        failed="nothing delivers what the fast path skips: start `crossfade relay`",
        is_least=True,
    ),
    _Rule(
        "dirty",
        "Keys that are not delivered yet",
        lambda facts: _Measured(facts.dirty),
        lambda thresholds: thresholds.dirty_keys_max,
        passed="a cut-over would wait for few keys",
        failed="wait for the relay, or start more relays",
    ),
    _Rule(
        "lag",
        "Age of the oldest undelivered key",
        lambda facts: _worst(facts, lambda one: _age(facts, one.replicated_through), max),
        lambda thresholds: thresholds.lag_seconds_max,
        passed="changes are delivered soon",
        failed="{where}: check its failures with `crossfade status`",
        unit=Unit.SECONDS,
    ),
    _Rule(
        "parked",
        "Parked keys",
        lambda facts: _Measured(facts.parked),
        lambda _: 0,
        passed="every key can be delivered",
        failed="correct their rows or the mapping, then run `crossfade unpark`",
    ),
    _Rule(
        "findings",
        "Open findings",
        lambda facts: _Measured(facts.open_findings),
        lambda _: 0,
        passed="no difference is known",
        failed="run `crossfade repair`",
    ),
    _Rule(
        "full-pass",
        "Age of the newest full pass",
        lambda facts: _worst(facts, lambda one: _age(facts, one.verified_at), max),
        lambda thresholds: thresholds.full_pass_seconds_max,
        passed="everything was compared recently",
        failed="{where}: run `crossfade verify`",
        unit=Unit.SECONDS,
    ),
    _Rule(
        "verified",
        "Age of the oldest write that is not compared yet",
        lambda facts: _worst(facts, lambda one: _age(facts, one.verified_through), max),
        lambda thresholds: thresholds.verified_seconds_max,
        passed="writes are compared soon after their delivery",
        failed="{where}: run `crossfade verify --continuous`",
        unit=Unit.SECONDS,
    ),
    _Rule(
        "coverage",
        "Share of keys compared within the validation window",
        lambda facts: _worst(facts, lambda one: one.buckets / COVERAGE_PARTS, min),
        lambda _: 1.0,
        passed="every part of the keys was compared",
        failed="{where}: run `crossfade verify`",
        unit=Unit.SHARE,
        is_least=True,
    ),
    _Rule(
        "quiet",
        "Time without a difference",
        _quiet,
        lambda thresholds: thresholds.quiet_seconds_min,
        passed="no difference was found in the validation window",
        failed="wait; every difference restarts the window",
        unit=Unit.SECONDS,
        is_least=True,
    ),
    _Rule(
        "canary",
        "Age of the newest canary in the target",
        _canary,
        lambda thresholds: thresholds.canary_seconds_max,
        passed="canaries are delivered",
        failed="no canary is delivered: check the relay and the breakers",
        unit=Unit.SECONDS,
    ),
)
"""The gates, in the order in which they are passed."""
