"""Conversion between attributes and records of the caller's type."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from typing_extensions import TypeVar

from crossfade.entity.errors import Code, EntityError, kind_of
from crossfade.entity.javascript import javascript_order

R = TypeVar("R", default=dict[str, Any])
Convert = Callable[[dict[str, Any]], R]


def converter(record: type[R]) -> Convert[R]:
    """Return the function that converts attributes to a record type.

    Args:
        record: dict, a msgspec.Struct, a pydantic model or a dataclass.
    """
    if record is dict:
        return _unchanged
    validate = getattr(record, "model_validate", None)
    if validate is not None:
        convert: Convert[R] = validate
        return convert
    return lambda attributes: msgspec.convert(attributes, record, strict=False)


def _unchanged(attributes: Any) -> Any:
    return attributes


def attributes_of(values: Any, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes of a call in JavaScript's property order; see `item_of`."""
    return javascript_order(item_of(values, named))


def item_of(values: Any, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes of a call: a mapping or a record, overridden by keyword arguments.

    Raises:
        EntityError: 1010 if `values` is neither.
    """
    if values is None:
        return named
    if values.__class__ is not dict and not isinstance(values, Mapping):
        values = _of_record(values)
    given: Mapping[str, Any] = {**values, **named} if named else values
    return given


def _of_record(record: Any) -> dict[str, Any]:
    """Return a record's attributes without None and empty sets, which DynamoDB cannot store."""
    dumped: dict[str, Any]
    if isinstance(record, msgspec.Struct):
        dumped = _of_struct(record)
    elif hasattr(record, "model_dump"):
        dumped = record.model_dump()
    elif dataclasses.is_dataclass(record) and not isinstance(record, type):
        dumped = dataclasses.asdict(record)
    else:
        raise _not_a_record(record)
    absent: tuple[object, ...] = (None, set(), frozenset())
    return {name: value for name, value in dumped.items() if value not in absent}


def _of_struct(record: msgspec.Struct) -> dict[str, Any]:
    """Return a struct's values, including nested structs, under their encoded names."""
    names = zip(record.__struct_encode_fields__, record.__struct_fields__, strict=True)
    return {key: _without_structs(getattr(record, name)) for key, name in names}


def _without_structs(value: Any) -> Any:
    """Return a value with every nested struct converted to a dictionary."""
    match value:
        case msgspec.Struct():
            return _of_struct(value)
        case list() | tuple():
            return [_without_structs(element) for element in value]
        case dict():
            return {name: _without_structs(child) for name, child in value.items()}
        case _:
            return value


def _not_a_record(record: object) -> EntityError:
    return EntityError(
        Code.INVALID_OPTIONS,
        f"attributes must be a mapping or a record, not {kind_of(record)}",
    )
