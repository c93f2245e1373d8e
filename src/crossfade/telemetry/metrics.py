"""Events as Prometheus metrics."""

from __future__ import annotations

from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from crossfade.events import Count, Event, Set, Took

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


class Metrics:
    """Counters of one process; give `observe` to the jobs and the registry to an exporter."""

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
        """Count an event."""
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
