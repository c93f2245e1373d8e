"""The state of the ledger's schema as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from crossfade.postgres.monitoring.overview import Overview
from crossfade.web.dashboard.snapshot import Snapshot

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dirty_keys": ("Keys changed and not yet in the target, except parked ones", ("entity",)),
    "parked_keys": ("Keys that are no longer retried", ("entity",)),
    "oldest_dirty_seconds": ("Age of the oldest dirty key, 0 without one", ("entity",)),
    "captured": ("1 while every write to the entity's table is captured", ("entity",)),
    "backfilled_ratio": ("Share of the backfill's windows that is done", ("entity",)),
    "open_findings": ("Keys in which the stores differ, counted up to 10,001", ()),
    "replicated_lag_seconds": ("Age of the time through which every write is in the target", ()),
    "verified_lag_seconds": ("Age of the time through which every write was compared", ()),
    "canary_age_seconds": ("Age of the newest delivered canary; absent without one", ()),
    "transaction_seconds": (
        "Age of the oldest open transaction; absent if the role may not see it",
        (),
    ),
    "processes_alive": ("Running processes, by job", ("job",)),
    "processes_silent": ("Processes that stopped reporting in the last hour", ()),
    "stores_left_alone": ("1 while a process's breaker for the store is open", ("store",)),
    "closed_gates": ("Gates that are not passed", ()),
}
"""The help text and labels of each gauge, by its name without ``crossfade_ledger_``."""

PREFIX = "crossfade_ledger_"
JOBS = ("push", "relay", "backfill", "verify", "work")
STORES = ("dynamodb", "s3")

Sample = tuple[str, tuple[str, ...], float]
"""A gauge's name, its labels and its value."""


def exposition(snapshot: Snapshot) -> bytes:
    """Return the figures in Prometheus's text format, without absent gauges."""
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"{PREFIX}{name}", text, labels, registry=registry)
        for name, (text, labels) in GAUGES.items()
    }
    present = set()
    for name, labels, value in samples(snapshot):
        gauge = gauges[name].labels(*labels) if labels else gauges[name]
        gauge.set(value)
        present.add(name)
    for name in gauges.keys() - present:
        registry.unregister(gauges[name])
    return generate_latest(registry)


def samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield every figure."""
    now = snapshot.now
    for entity in now.entities:
        label = (entity.name,)
        yield "dirty_keys", label, entity.dirty
        yield "parked_keys", label, entity.parked
        yield "oldest_dirty_seconds", label, entity.oldest_dirty_seconds or 0.0
        yield "captured", label, float(entity.is_captured)
        if entity.backfilled is not None:
            yield "backfilled_ratio", label, entity.backfilled
    yield "open_findings", (), now.open_findings
    yield "replicated_lag_seconds", (), _age(now, now.replicated_through)
    yield "verified_lag_seconds", (), _age(now, now.verified_through)
    if now.canary_seconds is not None:
        yield "canary_age_seconds", (), now.canary_seconds
    if now.transaction_seconds is not None:
        yield "transaction_seconds", (), now.transaction_seconds
    for job in JOBS:
        yield "processes_alive", (job,), len(now.alive(job))
    yield "processes_silent", (), len(now.processes) - len(now.alive())
    for store in STORES:
        yield "stores_left_alone", (store,), float(store in now.stores_open)
    yield "closed_gates", (), sum(not gate.is_passed for gate in snapshot.gates.gates)


def _age(now: Overview, when: datetime) -> float:
    return max(0.0, (now.taken_at - when).total_seconds())
