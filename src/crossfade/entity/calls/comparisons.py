"""The sort key operators, which queries of entities and of collections share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from crossfade.entity.expressions.key_conditions import Comparison
from crossfade.entity.values.records import attributes_of


class SortKeyOperators(ABC):
    """A query that accepts one sort key operator; each operator returns a new query.

    The composites are those of the index's sort key; for a collection, those that its members
    share.
    """

    @abstractmethod
    def _compared(
        self, comparison: Comparison, low: Mapping[str, Any], high: Mapping[str, Any] | None = None
    ) -> Self:
        """Return this query with a comparison."""

    def begins(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Read sort keys that begin with these composites; the last one may be a prefix."""
        return self._compared(Comparison.BEGINS, attributes_of(values, named))

    def gt(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Read sort keys after that of these composites."""
        return self._compared(Comparison.GT, attributes_of(values, named))

    def gte(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Read sort keys at or after that of these composites."""
        return self._compared(Comparison.GTE, attributes_of(values, named))

    def lt(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Read sort keys before that of these composites."""
        return self._compared(Comparison.LT, attributes_of(values, named))

    def lte(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Read sort keys at or before that of these composites."""
        return self._compared(Comparison.LTE, attributes_of(values, named))

    def between(self, low: Mapping[str, Any], high: Mapping[str, Any]) -> Self:
        """Read sort keys between those of two sets of composites, inclusive."""
        return self._compared(Comparison.BETWEEN, attributes_of(low, {}), attributes_of(high, {}))
