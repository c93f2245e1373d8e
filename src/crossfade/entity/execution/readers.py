"""The functions that convert an entity's items to records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import TypeVar

from crossfade.entity.model.model import Model
from crossfade.entity.model.record_codegen import generate_reader
from crossfade.entity.values.attribute_values import unmarshal_item
from crossfade.entity.values.records import Convert
from crossfade.entity.values.structs import is_struct

R = TypeVar("R", default=dict[str, Any])
Item = Mapping[str, Any]


def general_reader(model: Model, convert: Convert[R], *, typed: bool) -> Callable[[Item], R]:
    """Return the function that converts any item of the entity to a record.

    Args:
        model: the entity.
        convert: converts attributes to a record.
        typed: whether items have DynamoDB's typed values instead of plain Python values.
    """
    read = model.read_item
    if typed:
        return lambda item: convert(read(unmarshal_item(item)))
    return lambda item: convert(read(item))


def own_reader(
    model: Model, record: Any, convert: Convert[R], *, typed: bool
) -> Callable[[Item], R | None]:
    """Return the function that converts an item to a record; None for another entity's item.

    For a struct it is generated code, unless the schema has getters.
    """
    general = general_reader(model, convert, typed=typed)
    if is_struct(record) and not model.has_getters:
        return generate_reader(model, record, general, typed=typed)
    identity = tuple((f, {"S": text} if typed else text) for f, text in model.identity.items())

    def read(item: Item) -> R | None:
        for field, expected in identity:
            if item.get(field) != expected:
                return None
        return general(item)

    return read
