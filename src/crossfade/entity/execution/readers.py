"""How an entity's items become records, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import TypeVar

from crossfade.entity.model.model import Model
from crossfade.entity.model.record_codegen import written_reader
from crossfade.entity.values.attribute_values import unmarshal_item
from crossfade.entity.values.records import Convert
from crossfade.entity.values.structs import is_struct

R = TypeVar("R", default=dict[str, Any])
Item = Mapping[str, Any]


def general_reader(model: Model, convert: Convert[R], *, typed: bool) -> Callable[[Item], R]:
    """The function that makes a record of any item that is the entity's.

    Args:
        model: the entity.
        convert: makes a record of attributes.
        typed: items have DynamoDB's typed values instead of Python's.
    """
    read = model.read_item
    if typed:
        return lambda item: convert(read(unmarshal_item(item)))
    return lambda item: convert(read(item))


def own_reader(
    model: Model, record: Any, convert: Convert[R], *, typed: bool
) -> Callable[[Item], R | None]:
    """The function that makes a record of an item; None where its identifiers are not the entity's.

    Structs are made by a function written out for them.
    """
    general = general_reader(model, convert, typed=typed)
    if is_struct(record) and not model.has_getters:
        return written_reader(model, record, general, typed=typed)
    marks = tuple((f, {"S": text} if typed else text) for f, text in model.identity.items())

    def read(item: Item) -> R | None:
        for field, mark in marks:
            if item.get(field) != mark:
                return None
        return general(item)

    return read
