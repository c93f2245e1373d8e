"""Reading of the pages of a query or a scan, up to the number required by the options."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, cast

import msgspec
from typing_extensions import TypeVar

from crossfade.entity.calls.batches import hydrate
from crossfade.entity.errors import Code
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.decoding import owned_attributes, typed_record
from crossfade.entity.execution.send import Params, send
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.options import ALL_PAGES, Options, positive
from crossfade.entity.requests.conversions import key_from_composites
from crossfade.entity.requests.cursor import cursor_of, start_key
from crossfade.entity.results import Page
from crossfade.entity.values.attribute_values import unmarshal_item

R = TypeVar("R", default=dict[str, Any])
P = TypeVar("P")


def page_limit(options: Options) -> int | None:
    """Return the number of requests to make; None for all.

    Raises:
        EntityError: 2005 if `pages` is not a positive number.
    """
    if options.pages == ALL_PAGES or options.pages is None or options.count is not None:
        return None
    return positive(options.pages, "pages", Code.INVALID_PAGES_OPTION)


async def responses(
    context: ExecutionContext[Any],
    method: str,
    index: IndexForm,
    params: Params,
    options: Options,
    *,
    plain: bool = True,
) -> AsyncIterator[Params]:
    """Yield the response of each page, up to the option `pages`.

    Items have plain Python values unless `plain` is false; LastEvaluatedKey always has.
    """
    start = start_key(context.model, index, options)
    pages_max = page_limit(options)
    done = 0
    while pages_max is None or done < pages_max:
        request = {"ExclusiveStartKey": start, **params}
        response = await send(context, method, request, options, plain=plain)
        if not plain and (last := response.get("LastEvaluatedKey")):
            response = {**response, "LastEvaluatedKey": unmarshal_item(last)}
        yield response
        done += 1
        start = response.get("LastEvaluatedKey")
        if not start:
            return


async def read_pages(
    context: ExecutionContext[R], method: str, index: IndexForm, params: Params, options: Options
) -> Page[R]:
    """Return the records of the number of pages that the options require."""
    if options.only_records and options.count is None and not context.listeners:
        return await _read_typed_pages(context, method, index, params, options)
    return await _read_plain_pages(context, method, index, params, options)


async def _read_plain_pages(
    context: ExecutionContext[R], method: str, index: IndexForm, params: Params, options: Options
) -> Page[R]:
    """Return the records, converting items to plain values first, for options and listeners."""
    found: list[tuple[dict[str, Any], Mapping[str, Any]]] = []
    last: Mapping[str, Any] | None = None
    async for response in responses(context, method, index, params, options):
        last = response.get("LastEvaluatedKey")
        if options.data == "raw" or options.parse:
            raw = options.parse(response) if options.parse else response
            return Page(cast("list[R]", raw), cursor_of(last, options))
        for item in response.get("Items", ()):
            attributes = owned_attributes(context.model, item, options)
            if attributes is not None:
                found.append((attributes, item))
        if options.count is not None and len(found) >= options.count:
            break
    if options.count is not None and len(found) >= options.count:
        found = found[: options.count]
        last = _key_of(context, index, found[-1][1])
    if options.hydrate:
        hydrated = await hydrate(context, [item for _, item in found], options)
        return msgspec.structs.replace(hydrated, cursor=cursor_of(last, options))
    records = [context.convert(attributes) for attributes, _ in found]
    return Page(records, cursor_of(last, options))


async def _read_typed_pages(
    context: ExecutionContext[R], method: str, index: IndexForm, params: Params, options: Options
) -> Page[R]:
    """Return the records, read directly from DynamoDB's typed values."""
    records: list[R] = []
    last: Mapping[str, Any] | None = None
    async for response in responses(context, method, index, params, options, plain=False):
        last = response.get("LastEvaluatedKey")
        read = (typed_record(context, item, options) for item in response.get("Items", ()))
        records += [record for record in read if record is not None]
    return Page(records, cursor_of(last, options))


def _key_of(
    context: ExecutionContext[Any], index: IndexForm, item: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the key from which a query resumes after an item.

    It is rendered from the item's stored composites, as in ElectroDB. If some are not projected, or
    are stored in the field of a key, it consists of the item's key fields.
    """
    model = context.model
    fields = {name: model.attributes[name].field for name in model.composite_uses}
    values = {name: item[field] for name, field in fields.items() if field in item}
    forms = (index, model.table_index) if index is not model.table_index else (index,)
    key_fields = [key.field for form in forms for key in form.keys if key.field]
    if any(
        name not in values or fields[name] in key_fields for f in forms for name in f.composites
    ):
        return {field: item[field] for field in key_fields if field in item}
    key: dict[str, Any] = {}
    for form in forms:
        key.update(key_from_composites(model, form, values))
    return key


async def pages_of(
    go: Callable[..., Awaitable[Page[P]]], options: Mapping[str, Any]
) -> AsyncIterator[Page[P]]:
    """Yield every page, with one request each, until there is no cursor."""
    cursor = options.get("cursor")
    while True:
        page = await go(**{**options, "cursor": cursor, "pages": 1})
        yield page
        cursor = page.cursor
        if cursor is None:
            return
