"""Access patterns by name: ``entity.query.by_user(user_id=…)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic

from typing_extensions import TypeVar

from crossfade.entity.calls.reads import Query
from crossfade.entity.execution.context import Core
from crossfade.entity.requests.index_choice import missing_pattern
from crossfade.entity.requests.query import QueryState
from crossfade.entity.values.records import attributes_of

R = TypeVar("R", default=dict[str, Any])


class AccessPattern(Generic[R]):
    """One access pattern, to be called with composites."""

    def __init__(self, core: Core[R], name: str) -> None:
        if name not in core.model.indexes:
            raise missing_pattern(core.model, name)
        self._core = core
        self._index = core.model.indexes[name]

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Query[R]:
        """Begin a query: all composites of the partition key, leading ones of the sort key."""
        return Query(self._core, QueryState(self._index, attributes_of(values, named)))


class Queries(Generic[R]):
    """The access patterns of an entity."""

    def __init__(self, core: Core[R]) -> None:
        self._core = core

    def __getattr__(self, name: str) -> AccessPattern[R]:
        if name.startswith("__"):
            raise AttributeError(name)
        return AccessPattern(self._core, name)

    def __getitem__(self, name: str) -> AccessPattern[R]:
        return AccessPattern(self._core, name)
