"""The counts of a pass, from which one mapping's share can be removed again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from crossfade.parity.model import Comparison, Tally, Verdict

_UNSETTLED = {
    Verdict.LAG: "lagging_keys",
    Verdict.RACE: "racing_keys",
    Verdict.PARKED: "parked_keys",
}
_STRANGERS = (Verdict.DRIFT_EXTRA, Verdict.DRIFT_FOREIGN)


class Counts:
    """The counts of one pass.

    Args:
        tally: the counts to begin with.
        unsettled: the keys in it that are neither equal nor drifted, by mapping and verdict.

    Attributes:
        tally: the counts.
    """

    def __init__(self, tally: Tally, unsettled: Mapping[str, Mapping[str, int]]) -> None:
        self.tally = tally
        self._unsettled = {entity: Counter(counts) for entity, counts in unsettled.items()}

    @property
    def unsettled(self) -> dict[str, dict[str, int]]:
        """Return the keys that are neither equal nor drifted, by mapping and verdict."""
        return {entity: dict(counts) for entity, counts in self._unsettled.items()}

    def add(self, **more: float) -> None:
        """Add to fields of the tally."""
        changes = {name: getattr(self.tally, name) + count for name, count in more.items()}
        self.tally = replace(self.tally, **changes)

    def add_unsettled(self, comparisons: Iterable[Comparison]) -> None:
        """Count the compared keys that are not settled."""
        for one in comparisons:
            if one.verdict in _UNSETTLED:
                counts = self._unsettled.setdefault(one.key.entity, Counter())
                counts[_UNSETTLED[one.verdict]] += 1
        self._sum_up()

    def skip(self, entity: str, *, source_rows: int) -> None:
        """Remove a mapping's keys.

        Args:
            entity: the mapping's name.
            source_rows: rows of the other mappings.
        """
        self._unsettled.pop(entity, None)
        self.add(source_rows=source_rows - self.tally.source_rows)
        self._sum_up()

    def restart_comparisons(self, *, source_rows: int) -> None:
        """Forget the results of comparing keys and objects, which begins again."""
        self._unsettled.clear()
        self.tally = replace(self.tally, source_rows=source_rows, orphan_objects=0)
        self._sum_up()

    def settle(self, drifted: Mapping[Verdict, int]) -> None:
        """Count the drifted keys, each once, and the equal ones: every other row."""
        tally = self.tally
        total = sum(drifted.values())
        unmatched_items = sum(drifted.get(verdict, 0) for verdict in _STRANGERS)
        unsettled = tally.lagging_keys + tally.racing_keys + tally.parked_keys
        equal = max(0, tally.source_rows - unsettled - (total - unmatched_items))
        self.tally = replace(tally, drifted_keys=total, equal_keys=equal)

    def _sum_up(self) -> None:
        total: Counter[str] = Counter()
        for counts in self._unsettled.values():
            total += counts
        self.tally = replace(self.tally, **{name: total[name] for name in _UNSETTLED.values()})
