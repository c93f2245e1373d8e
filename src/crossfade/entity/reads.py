"""Calls for many items: query, scan, find, match."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, Unpack

from typing_extensions import TypeVar

from crossfade.entity.conditions import Where
from crossfade.entity.core import Core
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.execute import Params
from crossfade.entity.filters import Filter, filter_of
from crossfade.entity.key_queries import Comparison
from crossfade.entity.options import OptionsGiven, options_of
from crossfade.entity.paging import pages_of, read_pages
from crossfade.entity.queries import QueryState, ScanState, query_params, scan_params
from crossfade.entity.records import attributes_of
from crossfade.entity.requests import table_name
from crossfade.entity.results import Page

R = TypeVar("R", default=dict[str, Any])


@dataclass(frozen=True)
class Query(Generic[R]):
    """A query under construction; every step gives a new one."""

    core: Core[R]
    state: QueryState

    def where(self, where: Where) -> Self:
        """Add a filter: a function of the attributes and the operations."""
        return self._replaced(wheres=(*self.state.wheres, where))

    def filter(self, chosen: str | Filter, *arguments: Any) -> Self:
        """Add one of the schema's filters by name, or a function of attributes with operators.

        Args:
            chosen: such as ``lambda a, low: a.rent.gte(low)``.
            arguments: what the function gets after the attributes.
        """
        return self.where(filter_of(self.core.model.schema.filters, chosen, arguments))

    def begins(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys that begin with these composites; the last may be incomplete text."""
        return self._compared(Comparison.BEGINS, values, named)

    def gt(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys after that of these composites."""
        return self._compared(Comparison.GT, values, named)

    def gte(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys from that of these composites on."""
        return self._compared(Comparison.GTE, values, named)

    def lt(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys before that of these composites."""
        return self._compared(Comparison.LT, values, named)

    def lte(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Sort keys up to that of these composites."""
        return self._compared(Comparison.LTE, values, named)

    def between(self, low: Mapping[str, Any], high: Mapping[str, Any]) -> Self:
        """Sort keys from one to the other, both included."""
        self._check_first()
        return self._replaced(
            comparison=Comparison.BETWEEN,
            low=attributes_of(low, {}),
            high=attributes_of(high, {}),
        )

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """The parameters of the first request, with Python values; nothing is sent."""
        chosen = self.core.resolve(self.state.index, options_of(options))
        table = table_name(self.core.table, chosen)
        return query_params(self.core.model, table, self.state, chosen)

    async def go(self, **options: Unpack[OptionsGiven]) -> Page[R]:
        """Send one request, or as many as the options `pages` or `count` ask for."""
        chosen = self.core.resolve(self.state.index, options_of(options))
        table = table_name(self.core.table, chosen)
        params = query_params(self.core.model, table, self.state, chosen, executed=True)
        return await read_pages(self.core, "query", self.state.index, params, chosen)

    async def pages(self, **options: Unpack[OptionsGiven]) -> AsyncIterator[Page[R]]:
        """Every page, one request each."""
        async for page in pages_of(self.go, options):
            yield page

    async def __aiter__(self) -> AsyncIterator[R]:
        async for page in self.pages():
            for record in page.data:
                yield record

    def _compared(self, comparison: Comparison, values: Any, named: Mapping[str, Any]) -> Self:
        self._check_first()
        return self._replaced(comparison=comparison, low=attributes_of(values, named))

    def _check_first(self) -> None:
        if self.state.wheres or self.state.comparison is not Comparison.IS:
            raise EntityError(
                Code.INVALID_WHERE,
                "a query has one sort key operator, before the first where; reorder the calls",
            )

    def _replaced(self, **changes: Any) -> Self:
        return dataclasses.replace(self, state=dataclasses.replace(self.state, **changes))


@dataclass(frozen=True)
class Scan(Generic[R]):
    """A scan under construction; every step gives a new one."""

    core: Core[R]
    state: ScanState

    def where(self, where: Where) -> Self:
        """Add a filter: a function of the attributes and the operations."""
        wheres = (*self.state.wheres, where)
        return dataclasses.replace(self, state=dataclasses.replace(self.state, wheres=wheres))

    def filter(self, chosen: str | Filter, *arguments: Any) -> Self:
        """Add one of the schema's filters by name, or a function of attributes with operators.

        Args:
            chosen: such as ``lambda a, low: a.rent.gte(low)``.
            arguments: what the function gets after the attributes.
        """
        return self.where(filter_of(self.core.model.schema.filters, chosen, arguments))

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """The parameters of the first request, with Python values; nothing is sent."""
        chosen = self.core.resolve(self.state.index, options_of(options))
        return scan_params(self.core.model, table_name(self.core.table, chosen), self.state, chosen)

    async def go(self, **options: Unpack[OptionsGiven]) -> Page[R]:
        """Send one request, or as many as the options `pages` or `count` ask for."""
        chosen = self.core.resolve(self.state.index, options_of(options))
        table = table_name(self.core.table, chosen)
        params = scan_params(self.core.model, table, self.state, chosen, executed=True)
        return await read_pages(self.core, "scan", self.state.index, params, chosen)

    async def pages(self, **options: Unpack[OptionsGiven]) -> AsyncIterator[Page[R]]:
        """Every page, one request each."""
        async for page in pages_of(self.go, options):
            yield page

    async def __aiter__(self) -> AsyncIterator[R]:
        async for page in self.pages():
            for record in page.data:
                yield record
