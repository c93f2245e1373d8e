"""The calls that read many items: query, scan, find and match."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, Unpack

from typing_extensions import TypeVar

from crossfade.entity.calls.comparisons import SortKeyOperators
from crossfade.entity.calls.paging import pages_of, read_pages
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.send import Params
from crossfade.entity.expressions.conditions import Where
from crossfade.entity.expressions.filters import Filter, filter_of
from crossfade.entity.expressions.key_conditions import Comparison
from crossfade.entity.options import Options, OptionsGiven, options_of
from crossfade.entity.requests.query import QueryState, query_params
from crossfade.entity.requests.scan import ScanState, scan_params
from crossfade.entity.requests.single_item import table_name
from crossfade.entity.results import Page

R = TypeVar("R", default=dict[str, Any])


@dataclass(frozen=True)
class ReadCall(ABC, Generic[R]):
    """A query or a scan; each method returns a new one."""

    context: ExecutionContext[R]
    state: QueryState | ScanState

    _method: ClassVar[str]
    """ElectroDB's name of the operation."""

    @abstractmethod
    def _build(self, table: str, options: Options, *, executed: bool) -> Params:
        """Return the parameters of the first request."""

    def where(self, where: Where) -> Self:
        """Add a filter: a function of the attributes and the operations that returns a string."""
        return self._replaced(wheres=(*self.state.wheres, where))

    def filter(self, chosen: str | Filter, *arguments: Any) -> Self:
        """Add one of the schema's filters by name, or a function of attributes with operators.

        Args:
            chosen: such as ``lambda a, low: a.rent.gte(low)``.
            arguments: the function's arguments after the attributes.
        """
        return self.where(filter_of(self.context.model.schema.filters, chosen, arguments))

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """Return the parameters of the first request, with plain Python values; nothing is sent."""
        chosen = self.context.resolve(self.state.index, options_of(options))
        return self._build(table_name(self.context.table, chosen), chosen, executed=False)

    async def go(self, **options: Unpack[OptionsGiven]) -> Page[R]:
        """Send one request, or the number given by the options `pages` or `count`."""
        chosen = self.context.resolve(self.state.index, options_of(options))
        params = self._build(table_name(self.context.table, chosen), chosen, executed=True)
        return await read_pages(self.context, self._method, self.state.index, params, chosen)

    async def pages(self, **options: Unpack[OptionsGiven]) -> AsyncIterator[Page[R]]:
        """Yield every page, with one request each."""
        async for page in pages_of(self.go, options):
            yield page

    async def __aiter__(self) -> AsyncIterator[R]:
        async for page in self.pages():
            for record in page.data:
                yield record

    def _replaced(self, **changes: Any) -> Self:
        return dataclasses.replace(self, state=dataclasses.replace(self.state, **changes))


@dataclass(frozen=True)
class Query(ReadCall[R], SortKeyOperators):
    """A query; each method returns a new one."""

    state: QueryState
    _method: ClassVar[str] = "query"

    def _build(self, table: str, options: Options, *, executed: bool) -> Params:
        return query_params(self.context.model, table, self.state, options, executed=executed)

    def _compared(
        self, comparison: Comparison, low: Mapping[str, Any], high: Mapping[str, Any] | None = None
    ) -> Self:
        if self.state.wheres or self.state.comparison is not Comparison.IS:
            raise EntityError(
                Code.INVALID_WHERE,
                "a query can have one sort key operator, which must precede the first where",
            )
        return self._replaced(comparison=comparison, low=low, high=high or {})


@dataclass(frozen=True)
class Scan(ReadCall[R]):
    """A scan; each method returns a new one."""

    state: ScanState
    _method: ClassVar[str] = "scan"

    def _build(self, table: str, options: Options, *, executed: bool) -> Params:
        return scan_params(self.context.model, table, self.state, options, executed=executed)
