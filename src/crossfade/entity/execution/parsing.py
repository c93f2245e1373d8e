"""Reading of records from responses of other DynamoDB clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypeVar

from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.decoding import attributes_of_item, record_of
from crossfade.entity.options import Options
from crossfade.entity.results import Page, Result

R = TypeVar("R", default=dict[str, Any])


def parse(
    context: ExecutionContext[R], response: Mapping[str, Any], options: Options
) -> Result[R] | Page[R]:
    """Return the record or records in a response with plain Python values.

    Unless the options set `ignore_ownership` to false, an item needs no identifiers, only keys of
    this entity's form.
    """
    item = response.get("Item")
    if item:
        return Result(record_of(context, item, options))
    if "Items" in response:
        records = (record_of(context, item, options) for item in response["Items"])
        return Page([record for record in records if record is not None])
    if response.get("Attributes"):
        attributes = attributes_of_item(context.model, response["Attributes"], options)
        return Result(context.convert(attributes) if attributes else None)
    return Result(None)
