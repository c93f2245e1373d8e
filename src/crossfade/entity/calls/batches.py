"""Batch get, put and delete."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Generic, Unpack, cast

from typing_extensions import TypeVar

from crossfade.entity.errors import Code
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.decoding import attributes_of_item, record_of
from crossfade.entity.execution.send import Params, send
from crossfade.entity.options import Options, OptionsGiven, options_of, positive
from crossfade.entity.requests.conversions import item_from_key
from crossfade.entity.requests.projection import project
from crossfade.entity.requests.single_item import key_of, table_composites, table_name
from crossfade.entity.results import BatchResult, BatchWritten, Page

R = TypeVar("R", default=dict[str, Any])
T = TypeVar("T")

GET_KEYS_MAX = 100
WRITE_ITEMS_MAX = 25


def chunks(entries: Iterable[T], entries_max: int) -> list[list[T]]:
    """Return the entries in lists of at most `entries_max`."""
    iterator = iter(entries)
    return list(iter(lambda: list(islice(iterator, entries_max)), []))


async def in_flight(calls: Sequence[Callable[[], Awaitable[T]]], options: Options) -> list[T]:
    """Return the results of all calls, with at most `Options.concurrent` in flight.

    Raises:
        EntityError: 2004 if that is not a positive number.
    """
    concurrent = positive(options.concurrent, "concurrent", Code.INVALID_CONCURRENCY_OPTION)
    results: list[T] = []
    for group in chunks(calls, concurrent):
        results += await asyncio.gather(*(call() for call in group))
    return results


@dataclass(frozen=True)
class BatchGet(Generic[R]):
    """A read of many items by their keys."""

    context: ExecutionContext[R]
    given: tuple[Mapping[str, Any], ...]

    def params(self, **options: Unpack[OptionsGiven]) -> list[Params]:
        """Return the parameters of each request, of at most 100 keys; nothing is sent."""
        return self.build(options_of(options))

    def build(self, options: Options, *, executed: bool = False) -> list[Params]:
        """Return the parameters of each request."""
        model = self.context.model
        table = table_name(self.context.table, options)
        keys = [key_of(model, table_composites(model, given)) for given in self.given]
        options = self.context.resolve(model.table_index, options)
        shared = project(model, options.request_params, options, executed=executed)
        shared.pop("TableName", None)
        return [
            {"RequestItems": {table: {**shared, "Keys": batch}}}
            for batch in chunks(keys, GET_KEYS_MAX)
        ]

    async def go(self, **options: Unpack[OptionsGiven]) -> BatchResult[R]:
        """Send the requests; keys that the store did not process are returned, not sent again."""
        return await self.run(options_of(options))

    async def run(self, options: Options) -> BatchResult[R]:
        """Send the requests, and return the records and unprocessed keys."""
        table = table_name(self.context.table, options)
        sent = self.build(options, executed=True)
        responses = await in_flight(
            [partial(send, self.context, "batchGet", params, options) for params in sent],
            options,
        )
        items = [item for r in responses for item in r.get("Responses", {}).get(table, ())]
        unprocessed = [
            key
            for response in responses
            for key in response.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        ]
        options = self.context.resolve(self.context.model.table_index, options)
        return BatchResult(self._records(items, options), self._unprocessed(unprocessed, options))

    def _records(self, items: list[Params], options: Options) -> list[R | None]:
        found = [(item, self._record(item, options)) for item in items]
        if not options.preserve_batch_order:
            return [record for _, record in found]
        fields = self.context.model.table_fields
        by_key = {tuple(item.get(field) for field in fields): record for item, record in found}
        keys = [key_of(self.context.model, given) for given in self.given]
        return [by_key.get(tuple(key[field] for field in fields)) for key in keys]

    def _record(self, item: Params, options: Options) -> R | None:
        if options.data == "raw":
            return cast("R", {"Item": item})
        return record_of(self.context, item, options)

    def _unprocessed(self, keys: list[Params], options: Options) -> list[Any]:
        if options.unprocessed == "raw":
            return list(keys)
        return [item_from_key(self.context.model, key) for key in keys]


@dataclass(frozen=True)
class BatchWrite(Generic[R]):
    """A put or deletion of many items."""

    context: ExecutionContext[R]
    given: tuple[Mapping[str, Any], ...]
    deletes: bool = False

    def params(self, **options: Unpack[OptionsGiven]) -> list[Params]:
        """Return the parameters of each request, of at most 25 items; nothing is sent."""
        return self.build(options_of(options))

    def build(self, options: Options) -> list[Params]:
        """Return the parameters of each request."""
        table = table_name(self.context.table, options)
        entries = [self._entry(given) for given in self.given]
        return [{"RequestItems": {table: batch}} for batch in chunks(entries, WRITE_ITEMS_MAX)]

    def _entry(self, given: Mapping[str, Any]) -> Params:
        model = self.context.model
        if self.deletes:
            return {"DeleteRequest": {"Key": key_of(model, table_composites(model, given))}}
        return {"PutRequest": {"Item": self.context.make_item(given)}}

    async def go(self, **options: Unpack[OptionsGiven]) -> BatchWritten:
        """Send the requests; items that the store did not process are returned, not sent again."""
        chosen = options_of(options)
        table = table_name(self.context.table, chosen)
        responses = await in_flight(
            [
                partial(send, self.context, "batchWrite", params, chosen)
                for params in self.build(chosen)
            ],
            chosen,
        )
        unprocessed = [
            e for r in responses for e in (r.get("UnprocessedItems") or {}).get(table, ())
        ]
        return BatchWritten([self._unprocessed(entry, chosen) for entry in unprocessed])

    def _unprocessed(self, entry: Params, options: Options) -> Any:
        if "PutRequest" in entry:
            item = entry["PutRequest"]["Item"]
            return attributes_of_item(self.context.model, item, options)
        key = entry["DeleteRequest"]["Key"]
        return key if options.unprocessed == "raw" else item_from_key(self.context.model, key)


async def hydrate(
    context: ExecutionContext[R], items: list[Mapping[str, Any]], options: Options
) -> Page[R]:
    """Return the table's items for items of an index, in order."""
    found = [(item, item_from_key(context.model, item)) for item in items]
    known = [(item, composites) for item, composites in found if composites is not None]
    if not known:
        return Page([])
    fetch = dataclasses.replace(
        options,
        hydrate=False,
        preserve_batch_order=True,
        ignore_ownership=None,
        cursor=None,
        limit=None,
        order="",
        parse=None,
    )
    result = await BatchGet(context, tuple(composites for _, composites in known)).run(fetch)
    pairs = list(zip(known, result.data, strict=True))
    with_keys = dataclasses.replace(options, data="include_keys")
    return Page(
        [record for _, record in pairs if record is not None],
        unprocessed=tuple(
            attributes_of_item(context.model, item, with_keys)
            for (item, _), record in pairs
            if record is None
        ),
    )
