"""Reading pages of a query or a scan until enough is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, cast

import msgspec
from typing_extensions import TypeVar

from crossfade.entity.calls.batches import hydrate
from crossfade.entity.errors import Code
from crossfade.entity.execution.context import Core
from crossfade.entity.execution.decoding import owned_attributes, typed_record
from crossfade.entity.execution.send import Params, send
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.options import ALL_PAGES, Options, positive
from crossfade.entity.requests.conversions import key_from_composites
from crossfade.entity.requests.cursor import returned, start_key
from crossfade.entity.results import Page
from crossfade.entity.values.attribute_values import unmarshal_item

R = TypeVar("R", default=dict[str, Any])
P = TypeVar("P")


def pages_wanted(options: Options) -> int | None:
    """How many requests to make; None for all.

    Raises:
        EntityError: 2005 when it is no positive number.
    """
    if options.pages == ALL_PAGES or options.pages is None or options.count is not None:
        return None
    return positive(options.pages, "pages", Code.INVALID_PAGES_OPTION)


async def responses(
    core: Core[Any],
    method: str,
    index: IndexForm,
    params: Params,
    options: Options,
    *,
    plain: bool = True,
) -> AsyncIterator[Params]:
    """Each page's response, as many as the option `pages` asks for.

    Items have Python values unless `plain` is false; keys always have.
    """
    start = start_key(core.model, index, options)
    wanted = pages_wanted(options)
    done = 0
    while wanted is None or done < wanted:
        asked = {"ExclusiveStartKey": start, **params}
        response = await send(core, method, asked, options, plain=plain)
        if not plain and (last := response.get("LastEvaluatedKey")):
            response = {**response, "LastEvaluatedKey": unmarshal_item(last)}
        yield response
        done += 1
        start = response.get("LastEvaluatedKey")
        if not start:
            return


async def read_pages(
    core: Core[R], method: str, index: IndexForm, params: Params, options: Options
) -> Page[R]:
    """The records of as many pages as the options ask for."""
    if options.wants_records and options.count is None and not core.listeners:
        return await _read_typed_pages(core, method, index, params, options)
    return await _read_plain_pages(core, method, index, params, options)


async def _read_plain_pages(
    core: Core[R], method: str, index: IndexForm, params: Params, options: Options
) -> Page[R]:
    """The records by way of Python values, which options and listeners may want to see."""
    found: list[tuple[dict[str, Any], Mapping[str, Any]]] = []
    last: Mapping[str, Any] | None = None
    async for response in responses(core, method, index, params, options):
        last = response.get("LastEvaluatedKey")
        if options.data == "raw" or options.parse:
            raw = options.parse(response) if options.parse else response
            return Page(cast("list[R]", raw), returned(last, options))
        for item in response.get("Items", ()):
            attributes = owned_attributes(core.model, item, options)
            if attributes is not None:
                found.append((attributes, item))
        if options.count is not None and len(found) >= options.count:
            break
    if options.count is not None and len(found) >= options.count:
        found = found[: options.count]
        last = _key_of(core, index, found[-1][1])
    if options.hydrate:
        hydrated = await hydrate(core, [item for _, item in found], options)
        return msgspec.structs.replace(hydrated, cursor=returned(last, options))
    records = [core.convert(attributes) for attributes, _ in found]
    return Page(records, returned(last, options))


async def _read_typed_pages(
    core: Core[R], method: str, index: IndexForm, params: Params, options: Options
) -> Page[R]:
    """The records straight from DynamoDB's typed values."""
    records: list[R] = []
    last: Mapping[str, Any] | None = None
    async for response in responses(core, method, index, params, options, plain=False):
        last = response.get("LastEvaluatedKey")
        read = (typed_record(core, item, options) for item in response.get("Items", ()))
        records += [record for record in read if record is not None]
    return Page(records, returned(last, options))


def _key_of(core: Core[Any], index: IndexForm, item: Mapping[str, Any]) -> dict[str, Any]:
    """The key from which a query goes on after an item.

    It is made of the item's stored composites, as in ElectroDB; where some are not projected or
    stand in a key's own field, of its key fields as they are.
    """
    model = core.model
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
    """Page after page, one request each, until there is no cursor."""
    cursor = options.get("cursor")
    while True:
        page = await go(**{**options, "cursor": cursor, "pages": 1})
        yield page
        cursor = page.cursor
        if cursor is None:
            return
