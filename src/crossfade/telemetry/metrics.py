"""Events as Prometheus metrics."""

from __future__ import annotations

from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from crossfade.events import (
    Backfilled,
    BackfillWaits,
    BreakerClosed,
    BreakerOpened,
    DriftFound,
    EntityPaused,
    Event,
    KeyParked,
    LedgerRaised,
    LoopFailed,
    PushFailed,
    PushSkipped,
    Relayed,
    Verified,
)


class Metrics:
    """Counters of one process; give `observe` to the flows and the registry to an exporter."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._keys = Counter(
            "crossfade_keys",
            "Keys that left a step, by worker and result",
            ["worker", "result"],
            registry=self.registry,
        )
        self._failures = Counter(
            "crossfade_failures",
            "Failed deliveries, by entity and error class",
            ["entity", "error"],
            registry=self.registry,
        )
        self._skipped = Counter(
            "crossfade_pushes_skipped",
            "Writes left to the relay, by entity and cause",
            ["entity", "cause"],
            registry=self.registry,
        )
        self._parked = Counter(
            "crossfade_keys_parked", "Keys parked", ["entity"], registry=self.registry
        )
        self._paused = Counter(
            "crossfade_entities_paused",
            "Times that no key of an entity could be read",
            ["entity"],
            registry=self.registry,
        )
        self._raised = Counter(
            "crossfade_ledger_raised",
            "Keys whose target was ahead of the ledger",
            ["entity"],
            registry=self.registry,
        )
        self._backfill = Counter(
            "crossfade_backfill_rows",
            "Rows that the backfill dealt with, by entity and result",
            ["entity", "result"],
            registry=self.registry,
        )
        self._backfill_waits = Counter(
            "crossfade_backfill_waits",
            "Pauses of the backfill, by entity and error class",
            ["entity", "error"],
            registry=self.registry,
        )
        self._open = Gauge(
            "crossfade_breaker_open",
            "1 while a store is left alone",
            ["store"],
            registry=self.registry,
        )
        self._loops = Counter(
            "crossfade_loop_failures", "Steps that raised", ["loop"], registry=self.registry
        )
        self._drift = Counter(
            "crossfade_drift",
            "Keys in which verification found a difference, by verdict",
            ["verdict"],
            registry=self.registry,
        )
        self._verified = Gauge(
            "crossfade_verified_keys",
            "Keys of the last pass, by kind and verdict",
            ["kind", "verdict"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "crossfade_step_seconds", "Duration of a step", ["worker"], registry=self.registry
        )

    def observe(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case an event
        """Count an event."""
        match event:
            case Relayed():
                self._count_step(event)
            case Backfilled():
                self._count_page(event)
            case BackfillWaits():
                self._backfill_waits.labels(event.entity, event.error).inc()
            case PushFailed():
                self._failures.labels(event.key.entity, event.error).inc()
            case PushSkipped():
                self._skipped.labels(event.entity, event.cause).inc()
            case KeyParked():
                self._parked.labels(event.key.entity).inc()
            case EntityPaused():
                self._paused.labels(event.entity).inc()
            case LedgerRaised():
                self._raised.labels(event.key.entity).inc()
            case BreakerOpened():
                self._open.labels(event.store).set(1)
            case BreakerClosed():
                self._open.labels(event.store).set(0)
            case LoopFailed():
                self._loops.labels(event.loop).inc()
            case DriftFound():
                self._drift.labels(event.verdict).inc(event.keys)
            case Verified():
                for verdict in ("equal", "lagging", "racing", "parked", "drifted"):
                    self._verified.labels(event.kind, verdict).set(getattr(event, verdict))
            case _:
                assert_never(event)

    def _count_step(self, step: Relayed) -> None:
        for result in ("delivered", "superseded", "retried", "failed"):
            self._keys.labels(step.worker, result).inc(getattr(step, result))
        self._seconds.labels(step.worker).observe(step.seconds)

    def _count_page(self, page: Backfilled) -> None:
        for result in ("written", "skipped", "marked", "parked"):
            self._backfill.labels(page.entity, result).inc(getattr(page, result))
        self._seconds.labels("backfill").observe(page.seconds)
