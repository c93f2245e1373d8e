"""The comparisons of sort keys, as queries of an entity and of a collection offer them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from crossfade.entity.expressions.key_conditions import Comparison
from crossfade.entity.values.records import attributes_of


class Comparing(ABC):
    """A query whose sort keys can be narrowed, once; every step gives a new one.

    The composites are those of the index's sort key; of a collection, those that its members share.
    """

    @abstractmethod
    def _compared(
        self, comparison: Comparison, low: Mapping[str, Any], high: Mapping[str, Any] | None = None
    ) -> Self:
        """This query with a comparison."""

    def begins(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys that begin with these composites; the last may be incomplete text."""
        return self._compared(Comparison.BEGINS, attributes_of(values, named))

    def gt(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys after that of these composites."""
        return self._compared(Comparison.GT, attributes_of(values, named))

    def gte(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys from that of these composites on."""
        return self._compared(Comparison.GTE, attributes_of(values, named))

    def lt(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys before that of these composites."""
        return self._compared(Comparison.LT, attributes_of(values, named))

    def lte(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys up to that of these composites."""
        return self._compared(Comparison.LTE, attributes_of(values, named))

    def between(self, low: Mapping[str, Any], high: Mapping[str, Any]) -> Self:
        """Sort keys from one to the other, both included."""
        return self._compared(Comparison.BETWEEN, attributes_of(low, {}), attributes_of(high, {}))
