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
from crossfade.entity.execution.context import Core
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
    """The entries in lists of at most so many."""
    iterator = iter(entries)
    return list(iter(lambda: list(islice(iterator, entries_max)), []))


async def in_flight(calls: Sequence[Callable[[], Awaitable[T]]], options: Options) -> list[T]:
    """The results of all calls, so many at a time as the options say.

    Raises:
        EntityError: 2004 when that is no positive number.
    """
    concurrent = positive(options.concurrent, "concurrent", Code.INVALID_CONCURRENCY_OPTION)
    results: list[T] = []
    for group in chunks(calls, concurrent):
        results += await asyncio.gather(*(call() for call in group))
    return results


@dataclass(frozen=True)
class BatchGet(Generic[R]):
    """Read many items by their keys."""

    core: Core[R]
    given: tuple[Mapping[str, Any], ...]

    def params(self, **options: Unpack[OptionsGiven]) -> list[Params]:
        """The parameters of each request, of at most 100 keys; nothing is sent."""
        return self.build(options_of(options))

    def build(self, options: Options, *, executed: bool = False) -> list[Params]:
        """The parameters of each request."""
        model = self.core.model
        table = table_name(self.core.table, options)
        keys = [key_of(model, table_composites(model, given)) for given in self.given]
        options = self.core.resolve(model.table_index, options)
        shared = project(model, options.request_params, options, executed=executed)
        shared.pop("TableName", None)
        return [
            {"RequestItems": {table: {**shared, "Keys": batch}}}
            for batch in chunks(keys, GET_KEYS_MAX)
        ]

    async def go(self, **options: Unpack[OptionsGiven]) -> BatchResult[R]:
        """Send the requests; what the store did not get to is not sent again."""
        return await self.run(options_of(options))

    async def run(self, options: Options) -> BatchResult[R]:
        """Send the requests."""
        table = table_name(self.core.table, options)
        sent = self.build(options, executed=True)
        responses = await in_flight(
            [partial(send, self.core, "batchGet", params, options) for params in sent],
            options,
        )
        items = [item for r in responses for item in r.get("Responses", {}).get(table, ())]
        left = [
            key
            for response in responses
            for key in response.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        ]
        options = self.core.resolve(self.core.model.table_index, options)
        return BatchResult(self._records(items, options), self._left(left, options))

    def _records(self, items: list[Params], options: Options) -> list[R | None]:
        found = [(item, self._record(item, options)) for item in items]
        if not options.preserve_batch_order:
            return [record for _, record in found]
        fields = self.core.model.table_fields
        by_key = {tuple(item.get(field) for field in fields): record for item, record in found}
        keys = [key_of(self.core.model, given) for given in self.given]
        return [by_key.get(tuple(key[field] for field in fields)) for key in keys]

    def _record(self, item: Params, options: Options) -> R | None:
        if options.data == "raw":
            return cast("R", {"Item": item})
        return record_of(self.core, item, options)

    def _left(self, keys: list[Params], options: Options) -> list[Any]:
        if options.unprocessed == "raw":
            return list(keys)
        return [item_from_key(self.core.model, key) for key in keys]


@dataclass(frozen=True)
class BatchWrite(Generic[R]):
    """Store or delete many items."""

    core: Core[R]
    given: tuple[Mapping[str, Any], ...]
    deletes: bool = False

    def params(self, **options: Unpack[OptionsGiven]) -> list[Params]:
        """The parameters of each request, of at most 25 items; nothing is sent."""
        return self.build(options_of(options))

    def build(self, options: Options) -> list[Params]:
        """The parameters of each request."""
        table = table_name(self.core.table, options)
        entries = [self._entry(given) for given in self.given]
        return [{"RequestItems": {table: batch}} for batch in chunks(entries, WRITE_ITEMS_MAX)]

    def _entry(self, given: Mapping[str, Any]) -> Params:
        model = self.core.model
        if self.deletes:
            return {"DeleteRequest": {"Key": key_of(model, table_composites(model, given))}}
        return {"PutRequest": {"Item": self.core.make_item(given)}}

    async def go(self, **options: Unpack[OptionsGiven]) -> BatchWritten:
        """Send the requests; what the store did not get to is not sent again."""
        chosen = options_of(options)
        table = table_name(self.core.table, chosen)
        responses = await in_flight(
            [
                partial(send, self.core, "batchWrite", params, chosen)
                for params in self.build(chosen)
            ],
            chosen,
        )
        left = [e for r in responses for e in (r.get("UnprocessedItems") or {}).get(table, ())]
        return BatchWritten([self._left(entry, chosen) for entry in left])

    def _left(self, entry: Params, options: Options) -> Any:
        if "PutRequest" in entry:
            item = entry["PutRequest"]["Item"]
            return attributes_of_item(self.core.model, item, options)
        key = entry["DeleteRequest"]["Key"]
        return key if options.unprocessed == "raw" else item_from_key(self.core.model, key)


async def hydrate(core: Core[R], items: list[Mapping[str, Any]], options: Options) -> Page[R]:
    """The whole items of the table for items of an index, in order."""
    found = [(item, item_from_key(core.model, item)) for item in items]
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
    result = await BatchGet(core, tuple(composites for _, composites in known)).run(fetch)
    pairs = list(zip(known, result.data, strict=True))
    whole = dataclasses.replace(options, data="include_keys")
    return Page(
        [record for _, record in pairs if record is not None],
        unprocessed=tuple(
            attributes_of_item(core.model, item, whole)
            for (item, _), record in pairs
            if record is None
        ),
    )
