"""Responses of other DynamoDB clients read as this entity's records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypeVar

from crossfade.entity.execution.context import Core
from crossfade.entity.execution.decoding import attributes_of_item, record_of
from crossfade.entity.options import Options
from crossfade.entity.results import Page, Result

R = TypeVar("R", default=dict[str, Any])


def parsed(core: Core[R], response: Mapping[str, Any], options: Options) -> Result[R] | Page[R]:
    """The record or records in a response with Python values.

    Ownership is not checked by identifiers unless the options say so: keys that fit are enough.
    """
    item = response.get("Item")
    if item:
        return Result(record_of(core, item, options))
    if "Items" in response:
        records = (record_of(core, item, options) for item in response["Items"])
        return Page([record for record in records if record is not None])
    if response.get("Attributes"):
        attributes = attributes_of_item(core.model, response["Attributes"], options)
        return Result(core.convert(attributes) if attributes else None)
    return Result(None)
