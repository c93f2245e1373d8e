"""Ready or not: each gate by itself, and the phase that follows from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossfade.cutover.gates import COUNT_MAX, EntityFacts, Facts, Gate, Phase, Thresholds
from crossfade.cutover.readiness import readiness
from crossfade.mapping.coverage import COVERAGE_PARTS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
THRESHOLDS = Thresholds()


def ago(**since: float) -> datetime:
    return NOON - timedelta(**since)


GOOD = EntityFacts(
    name="session",
    uncaptured=(),
    windows=8,
    windows_done=8,
    verified_at=ago(hours=3),
    replicated_through=ago(seconds=2),
    verified_through=ago(minutes=2),
    buckets=COVERAGE_PARTS,
)
READY = Facts(
    taken_at=NOON,
    entities=(replace(GOOD, name="campaign"), GOOD),
    dirty=12,
    parked=0,
    open_findings=0,
    quiet_since=ago(days=15),
    relays=2,
    canary_at=ago(seconds=6),
)


def gates(facts: Facts) -> dict[str, Gate]:
    return {gate.name: gate for gate in readiness(facts, THRESHOLDS).gates}


def closed(facts: Facts) -> set[str]:
    return {name for name, gate in gates(facts).items() if not gate.is_passed}


def worse(**changes: Any) -> Facts:
    """Return facts that are well except one entity's."""
    return replace(READY, entities=(READY.entities[0], replace(GOOD, **changes)))


def test_everything_in_order_is_ready() -> None:
    found = readiness(READY, THRESHOLDS)
    assert (found.phase, found.is_ready) == (Phase.READY, True)
    assert all(gate.is_passed for gate in found.gates)
    assert len(found.gates) == 12


@pytest.mark.parametrize(
    ("facts", "gate"),
    [
        (replace(READY, dirty=1001), "dirty"),
        (replace(READY, parked=1), "parked"),
        (replace(READY, parked=COUNT_MAX), "parked"),
        (replace(READY, relays=0), "relays"),
        (replace(READY, canary_at=ago(minutes=2)), "canary"),
        (replace(READY, quiet_since=ago(days=13)), "quiet"),
        (replace(READY, quiet_since=None), "quiet"),
        (worse(uncaptured=("public.sessions",)), "capture"),
        (worse(windows_done=7), "backfill"),
        (worse(windows=0, windows_done=0), "backfill"),
        (worse(replicated_through=ago(minutes=2)), "lag"),
        (worse(verified_at=ago(days=2)), "full-pass"),
        (worse(verified_at=None), "full-pass"),
        (worse(verified_through=ago(hours=2)), "verified"),
        (worse(buckets=COVERAGE_PARTS - 1), "coverage"),
    ],
)
def test_each_gate_closes_for_its_own_reason(facts: Facts, gate: str) -> None:
    assert closed(facts) == {gate}
    assert not readiness(facts, THRESHOLDS).is_ready


def test_an_open_finding_begins_the_window_anew() -> None:
    assert closed(replace(READY, open_findings=1)) == {"findings", "quiet"}


@pytest.mark.parametrize(
    ("facts", "gate"),
    [
        (replace(READY, dirty=1000), "dirty"),
        (worse(replicated_through=ago(seconds=60)), "lag"),
        (worse(verified_at=ago(days=1)), "full-pass"),
        (replace(READY, quiet_since=ago(days=14)), "quiet"),
    ],
)
def test_a_threshold_itself_passes(facts: Facts, gate: str) -> None:
    assert gates(facts)[gate].is_passed


def test_the_worst_entity_is_shown_and_named() -> None:
    lag = gates(worse(replicated_through=ago(minutes=5)))["lag"]
    assert lag.value == 300
    assert lag.reason.startswith("session:")
    unknown = gates(worse(verified_at=None))["full-pass"]
    assert unknown.value is None
    assert unknown.reason.startswith("session:")


def test_a_migration_without_canaries_is_not_asked_for_one() -> None:
    found = readiness(replace(READY, canary_at=None), THRESHOLDS)
    assert found.is_ready
    assert "canary" not in {gate.name for gate in found.gates}


def test_nothing_installed_is_not_ready() -> None:
    found = readiness(replace(READY, entities=()), THRESHOLDS)
    assert found.phase is Phase.INSTALLING
    assert "capture" in {gate.name for gate in found.gates if not gate.is_passed}


@pytest.mark.parametrize(
    ("facts", "phase"),
    [
        (worse(uncaptured=("public.sessions",), windows_done=3), Phase.INSTALLING),
        (
            replace(
                READY,
                entities=tuple(replace(one, windows=0, windows_done=0) for one in READY.entities),
            ),
            Phase.INSTALLED,
        ),
        (worse(windows_done=3), Phase.BACKFILLING),
        (worse(windows=0, windows_done=0), Phase.BACKFILLING),
        (replace(READY, quiet_since=ago(days=1)), Phase.VALIDATING),
        (replace(READY, parked=3), Phase.VALIDATING),
        (READY, Phase.READY),
    ],
)
def test_the_phase_is_the_first_with_closed_gates(facts: Facts, phase: Phase) -> None:
    assert readiness(facts, THRESHOLDS).phase is phase
