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
    EntitySkipped,
    Event,
    InsertsRefused,
    KeyParked,
    LagOver,
    LagTooOld,
    LedgerRaised,
    LoopFailed,
    PassAbandoned,
    PassResumed,
    PushFailed,
    PushSkipped,
    Relayed,
    Repaired,
    RequestEnded,
    Swept,
    Verified,
)

COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "keys": ("Keys that left a step, by worker and result", ("worker", "result")),
    "failures": ("Failed deliveries, by entity and error class", ("entity", "error")),
    "pushes_skipped": ("Writes left to the relay, by entity and cause", ("entity", "cause")),
    "keys_parked": ("Keys parked", ("entity",)),
    "entities_paused": ("Times that no key of an entity could be read", ("entity",)),
    "entities_left_out": ("Entities that a job went on without", ("job", "entity")),
    "ledger_raised": ("Keys whose target was ahead of the ledger", ("entity",)),
    "backfill_rows": ("Rows of the backfill, by entity and result", ("entity", "result")),
    "backfill_waits": ("Pauses of the backfill, by entity and error class", ("entity", "error")),
    "inserts_refused": ("Entities whose rows are put one by one", ("entity",)),
    "loop_failures": ("Steps that raised", ("loop",)),
    "passes_left": ("Passes that did not come to their end, by what became of them", ("fate",)),
    "drift": ("Keys that verification found different, by verdict", ("verdict",)),
    "repaired": ("Findings that repair dealt with, by result", ("result",)),
    "swept": ("Tombstones and objects that nobody needed, by kind and result", ("kind", "result")),
    "requests": ("Requests of operators that ended, by kind and state", ("kind", "state")),
}
"""What each counter counts and its labels, by its name without ``crossfade_``."""

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "breaker_open": ("1 while a store is left alone", ("store",)),
    "lag_alarm": ("1 while an undelivered write is older than allowed", ("entity",)),
    "verified_keys": ("Keys of the last pass, by kind and verdict", ("kind", "verdict")),
}
"""What each gauge shows and its labels."""


RESULTS: dict[str, tuple[str, ...]] = {
    "keys": ("delivered", "superseded", "retried", "failed"),
    "backfill_rows": ("written", "skipped", "marked", "parked"),
    "repaired": ("closed", "open", "left"),
    "swept": ("noted", "waiting", "removed", "kept"),
}
"""The values of the label `result`: the attributes of the events that a counter counts."""

Step = Relayed | Backfilled | Repaired | Swept
"""Events of a batch that is done."""


class Metrics:
    """Counters of one process; give `observe` to the flows and the registry to an exporter."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._counters = {
            name: Counter(f"crossfade_{name}", told, labels, registry=self.registry)
            for name, (told, labels) in COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(f"crossfade_{name}", told, labels, registry=self.registry)
            for name, (told, labels) in GAUGES.items()
        }
        self._seconds = Histogram(
            "crossfade_step_seconds", "Duration of a step", ["worker"], registry=self.registry
        )

    def observe(self, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one case an event
        """Count an event."""
        match event:
            case Relayed() | Backfilled() | Repaired() | Swept():
                self._count_step(event)
            case BackfillWaits():
                self._count("backfill_waits", event.entity, event.error)
            case InsertsRefused():
                self._count("inserts_refused", event.entity)
            case PushFailed():
                self._count("failures", event.key.entity, event.error)
            case PushSkipped():
                self._count("pushes_skipped", event.entity, event.cause)
            case KeyParked():
                self._count("keys_parked", event.key.entity)
            case EntityPaused():
                self._count("entities_paused", event.entity)
            case EntitySkipped():
                self._count("entities_left_out", event.job, event.entity)
            case LedgerRaised():
                self._count("ledger_raised", event.key.entity)
            case BreakerOpened() | BreakerClosed():
                opened = isinstance(event, BreakerOpened)
                self._gauges["breaker_open"].labels(event.store).set(opened)
            case LoopFailed():
                self._count("loop_failures", event.loop)
            case LagTooOld() | LagOver():
                self._gauges["lag_alarm"].labels(event.entity).set(isinstance(event, LagTooOld))
            case DriftFound() | Verified() | PassResumed() | PassAbandoned():
                self._count_parity(event)
            case RequestEnded():
                self._count("requests", event.kind, event.state)
            case _:
                assert_never(event)

    def _count(self, counter: str, *labels: str, times: int = 1) -> None:
        self._counters[counter].labels(*labels).inc(times)

    def _count_step(self, step: Step) -> None:
        worker, counter, labels = _what(step)
        for result in RESULTS[counter]:
            self._count(counter, *labels, result, times=getattr(step, result))
        self._seconds.labels(worker).observe(step.seconds)

    def _count_parity(self, event: DriftFound | Verified | PassResumed | PassAbandoned) -> None:
        match event:
            case DriftFound():
                self._count("drift", event.verdict, times=event.keys)
            case PassResumed():
                self._count("passes_left", "resumed")
            case PassAbandoned():
                self._count("passes_left", "abandoned")
            case Verified():
                for verdict in ("equal", "lagging", "racing", "parked", "drifted"):
                    gauge = self._gauges["verified_keys"].labels(event.kind, verdict)
                    gauge.set(getattr(event, verdict))
            case _:
                assert_never(event)


def _what(step: Step) -> tuple[str, str, tuple[str, ...]]:
    """Return a step's worker, the counter of its results, and the labels before them."""
    match step:
        case Relayed():
            return step.worker, "keys", (step.worker,)
        case Backfilled():
            return "backfill", "backfill_rows", (step.entity,)
        case Repaired():
            return "repair", "repaired", ()
        case Swept():
            return "sweep", "swept", (step.kind,)
        case _:
            assert_never(step)
