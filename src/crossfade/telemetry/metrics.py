"""Events as Prometheus metrics."""

from __future__ import annotations

from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from crossfade.events import Event
from crossfade.measures import Count, Set, Took

COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "keys": ("Keys processed in a step, by worker and result", ("worker", "result")),
    "failures": ("Failed deliveries, by entity and error class", ("entity", "error")),
    "pushes_skipped": ("Writes left to the relay, by entity and cause", ("entity", "cause")),
    "keys_parked": ("Keys parked", ("entity",)),
    "entities_paused": ("Pauses of an entity of which no key could be read", ("entity",)),
    "entities_left_out": ("Entities that a job skipped", ("job", "entity")),
    "ledger_raised": ("Keys of which the target was ahead of the ledger", ("entity",)),
    "backfill_rows": ("Rows of the backfill, by entity and result", ("entity", "result")),
    "backfill_waits": ("Pauses of the backfill, by entity and error class", ("entity", "error")),
    "inserts_refused": ("Backfills of an entity without inserts, by single puts", ("entity",)),
    "loop_failures": ("Steps that raised", ("loop",)),
    "passes_left": ("Interrupted passes, by fate: resumed or abandoned", ("fate",)),
    "drift": ("Keys in which verification found a difference, by verdict", ("verdict",)),
    "repaired": ("Findings that repair processed, by result", ("result",)),
    "swept": ("Unused tombstones and objects, by kind and result", ("kind", "result")),
    "requests": ("Completed requests of operators, by kind and state", ("kind", "state")),
}
"""The help text and the labels of each counter, by its name without ``crossfade_``."""

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "breaker_open": ("1 while the breaker of a store is open", ("store",)),
    "lag_alarm": ("1 while an undelivered write is older than allowed", ("entity",)),
    "verified_keys": ("Keys of the last pass, by kind and verdict", ("kind", "verdict")),
}
"""The help text and the labels of each gauge."""


class Metrics:
    """Metrics of one process: `observe` is for the jobs, the registry for the exporter."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._counters = {
            name: Counter(f"crossfade_{name}", text, labels, registry=self.registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(f"crossfade_{name}", text, labels, registry=self.registry)
            for name, (text, labels) in GAUGES.items()
        }
        self._seconds = Histogram(
            "crossfade_step_seconds", "Duration of a step", ["worker"], registry=self.registry
        )

    def observe(self, event: Event) -> None:
        """Update the metrics by an event."""
        for measure in event.measures():
            match measure:
                case Count():
                    self._counters[measure.metric].labels(*measure.labels).inc(measure.times)
                case Set():
                    self._gauges[measure.metric].labels(*measure.labels).set(measure.value)
                case Took():
                    self._seconds.labels(measure.worker).observe(measure.seconds)
                case _:
                    assert_never(measure)
