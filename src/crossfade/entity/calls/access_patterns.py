"""Queries of an entity by access pattern: ``entity.query.by_user(user_id=…)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic

from typing_extensions import TypeVar

from crossfade.entity.calls.reads import Query
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.requests.index_choice import missing_pattern
from crossfade.entity.requests.query import QueryState
from crossfade.entity.values.records import attributes_of

R = TypeVar("R", default=dict[str, Any])


class AccessPattern(Generic[R]):
    """One access pattern; a call with composites starts a query."""

    def __init__(self, context: ExecutionContext[R], name: str) -> None:
        if name not in context.model.indexes:
            raise missing_pattern(context.model, name)
        self._context = context
        self._index = context.model.indexes[name]

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Query[R]:
        """Start a query with all partition key composites, and leading ones of the sort key."""
        return Query(self._context, QueryState(self._index, attributes_of(values, named)))


class Queries(Generic[R]):
    """The access patterns of an entity, as attributes or subscripts."""

    def __init__(self, context: ExecutionContext[R]) -> None:
        self._context = context

    def __getattr__(self, name: str) -> AccessPattern[R]:
        if name.startswith("__"):
            raise AttributeError(name)
        return AccessPattern(self._context, name)

    def __getitem__(self, name: str) -> AccessPattern[R]:
        return AccessPattern(self._context, name)
