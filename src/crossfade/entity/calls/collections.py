"""Queries of collections, which return the records of several entities."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self, Unpack

from crossfade.entity.calls.batches import hydrate
from crossfade.entity.calls.comparisons import SortKeyOperators
from crossfade.entity.calls.paging import responses
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.decoding import owned_record, owns
from crossfade.entity.execution.send import Params
from crossfade.entity.expressions.conditions import Condition, Where, apply_where
from crossfade.entity.expressions.key_conditions import (
    Comparison,
    KeyCondition,
    KeyQuery,
    attribute_condition,
    key_condition,
)
from crossfade.entity.expressions.placeholders import Placeholders, merged
from crossfade.entity.expressions.references import References, Target
from crossfade.entity.keys.forms import collection_prefix
from crossfade.entity.keys.rendering import cased
from crossfade.entity.model.model import incomplete
from crossfade.entity.options import Options, OptionsGiven, options_of
from crossfade.entity.requests.collections import Collection
from crossfade.entity.requests.cursor import cursor_of
from crossfade.entity.requests.projection import project
from crossfade.entity.requests.query import QueryState, add_bounds, add_equalities
from crossfade.entity.requests.single_item import table_name, with_options
from crossfade.entity.results import CollectionPage
from crossfade.entity.schema.declarations import IndexType


@dataclass(frozen=True)
class CollectionQuery(SortKeyOperators):
    """A query of a collection; each method returns a new query."""

    collection: Collection
    contexts: Mapping[str, ExecutionContext[Any]]
    given: Mapping[str, Any]
    comparison: Comparison = Comparison.COLLECTION
    low: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    high: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    wheres: tuple[Where, ...] = ()

    def where(self, where: Where) -> Self:
        """Add a filter on the attributes of all members."""
        return dataclasses.replace(self, wheres=(*self.wheres, where))

    def _compared(
        self, comparison: Comparison, low: Mapping[str, Any], high: Mapping[str, Any] | None = None
    ) -> Self:
        if self.collection.index.type is IndexType.ISOLATED or self.wheres:
            raise EntityError(
                Code.INVALID_QUERY_PARAMETERS,
                f"{comparison} supports only collections of clustered and multi-attribute indexes, "
                "and must precede the first where",
            )
        return dataclasses.replace(self, comparison=comparison, low=low, high=high or {})

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """Return the parameters of the first request, with plain Python values; nothing is sent."""
        return self._build(self._resolved(options_of(options)), executed=False)

    async def go(self, **options: Unpack[OptionsGiven]) -> CollectionPage:
        """Send one request, or the number given by the options `pages` or `count`."""
        chosen = self._resolved(options_of(options))
        params = self._build(chosen, executed=True)
        found: dict[str, list[Mapping[str, Any]]] = {m.alias: [] for m in self.collection.members}
        last: Mapping[str, Any] | None = None
        async for response in responses(
            self._context, "query", self.collection.index, params, chosen
        ):
            last = response.get("LastEvaluatedKey")
            if chosen.data == "raw":
                return CollectionPage(response, cursor_of(last, chosen))
            for item in response.get("Items", ()):
                alias = self._owner(item, chosen)
                if alias is not None:
                    found[alias].append(item)
            if chosen.count is not None and sum(map(len, found.values())) >= chosen.count:
                break
        return await self._page(found, cursor_of(last, chosen), chosen)

    async def pages(self, **options: Unpack[OptionsGiven]) -> AsyncIterator[CollectionPage]:
        """Yield every page, with one request each."""
        cursor = options.get("cursor")
        while True:
            given: OptionsGiven = {**options, "cursor": cursor, "pages": 1}
            page = await self.go(**given)
            yield page
            cursor = page.cursor
            if cursor is None:
                return

    async def __aiter__(self) -> AsyncIterator[tuple[str, Any]]:
        async for page in self.pages():
            for alias, records in page.data.items():
                for record in records:
                    yield alias, record

    @property
    def _context(self) -> ExecutionContext[Any]:
        return self.contexts[self.collection.members[0].alias]

    def _resolved(self, options: Options) -> Options:
        return self._context.resolve(self.collection.index, options)

    def _owner(self, item: Mapping[str, Any], options: Options) -> str | None:
        strictly = dataclasses.replace(options, ignore_ownership=False, hydrate=False)
        for checked in (strictly, options) if options.ignore_ownership else (strictly,):
            for member in self.collection.members:
                if owns(member.model, item, checked):
                    return member.alias
        return None

    async def _page(
        self, found: dict[str, list[Mapping[str, Any]]], cursor: Any, options: Options
    ) -> CollectionPage:
        data: dict[str, list[Any]] = {}
        unprocessed: list[Any] = []
        for alias, items in found.items():
            context = self.contexts[alias]
            if options.hydrate:
                hydrated = await hydrate(context, items, options)
                data[alias] = hydrated.data
                unprocessed += hydrated.unprocessed
            else:
                data[alias] = [owned_record(context, item, options) for item in items]
        return CollectionPage(data, cursor, tuple(unprocessed))

    def _build(self, options: Options, *, executed: bool) -> Params:
        context, index = self._context, self.collection.index
        table = table_name(context.table, options)
        condition = Condition(strict=context.model.strict)
        for where in self.wheres:
            apply_where(condition, self._references(), where)
        query = self._key_query(options)
        if index.type is not IndexType.ISOLATED:
            state = QueryState(index, self.given, self.comparison, self.low, self.high)
            add_equalities(context.model, condition, query, state, options)
            add_bounds(context.model, condition, query, options)
        identity = self._identity() if not options.ignore_ownership else KeyCondition("", {}, {})
        keys = self._key_condition(query)
        filters = [text for text in (identity.expression, condition.expression) if text]
        found = condition.placeholders
        params: Params = {
            "KeyConditionExpression": keys.expression,
            "TableName": table,
            "ExpressionAttributeNames": merged(found.names, keys.names, identity.names),
            "ExpressionAttributeValues": merged(found.values, keys.values, identity.values),
        }
        if index.index:
            params["IndexName"] = index.index
        if filters:
            params["FilterExpression"] = " AND ".join(filters)
        params = with_options(params, options.request_params)
        return self._projected(params, options, executed=executed)

    def _projected(self, params: Params, options: Options, *, executed: bool) -> Params:
        """Return the parameters with a projection.

        If members have an attribute under different fields, the first member's field applies.
        """
        field_names: dict[str, str] = {}
        for member in self.collection.members:
            field_names = {
                **{n: a.field for n, a in member.model.attributes.items()},
                **field_names,
            }
        fields = tuple(field_names.get(name, name) for name in options.attributes)
        by_field = dataclasses.replace(options, attributes=fields)
        return project(self._context.model, params, by_field, executed=executed)

    def _key_query(self, options: Options) -> KeyQuery:
        index = self.collection.index
        partition = {name: self.given.get(name) for name in index.pk.names}
        if None in partition.values():
            raise incomplete(index, index.pk.names, self.given)
        shared = self.collection.shared
        isolated = index.type is IndexType.ISOLATED
        return KeyQuery(
            index=index,
            partition=partition,
            given={n: v for n, v in self.given.items() if n in shared and v is not None},
            comparison=self.comparison,
            low={n: v for n, v in self.low.items() if n in shared and v is not None},
            high={n: v for n, v in self.high.items() if n in shared and v is not None},
            shared=shared,
            in_collection=True,
            shifted=options.compare == "v2",
            start=self._start() if isolated else None,
        )

    def _start(self) -> str:
        """Return the prefix of the sort keys of an isolated collection; empty for templates."""
        key = self.collection.index.sk
        if key is None or key.templated:
            return ""
        return cased(collection_prefix(self.collection.path), key.casing)

    def _key_condition(self, query: KeyQuery) -> KeyCondition:
        if query.index.type is not IndexType.COMPOSITE:
            return key_condition(query)
        attributes = self._context.model.attributes
        return attribute_condition(query, {n: (a.name, a.field) for n, a in attributes.items()})

    def _identity(self) -> KeyCondition:
        """Return the filter for the members' items: one group per member, joined with OR."""
        placeholders = Placeholders("_c")
        groups = []
        for member in self.collection.members:
            comparisons = [
                f"{placeholders.name(field, field)} = "
                f"{placeholders.value(f'{field}_{member.alias}', text)}"
                for field, text in member.model.identity.items()
            ]
            groups.append(f"({' AND '.join(comparisons)})")
        joined = " OR ".join(groups)
        text = f"({joined})" if len(groups) > 1 else joined
        return KeyCondition(text, placeholders.names, placeholders.values)

    def _references(self) -> References:
        targets: dict[str, Target] = {}
        for member in self.collection.members:
            targets = {**member.model.targets, **targets}
        return References(targets)
