"""How an entity's items become attributes and records, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import inspect
from typing_extensions import TypeVar

from crossfade.entity.declarations import Type
from crossfade.entity.model import Model
from crossfade.entity.records import Convert

R = TypeVar("R", default=dict[str, Any])
Item = Mapping[str, Any]
_OPEN_KINDS: Final = (inspect.NoneType, inspect.AnyType, inspect.RawType, inspect.CustomType)
_SETS: Final = (inspect.SetType, inspect.FrozenSetType)


def record_reader(model: Model, record: Any, convert: Convert[R]) -> Callable[[Item], R]:
    """The function that makes a record of a stored item.

    A struct whose fields are stored as they are is made of the item itself. What it refuses, such
    as NULL, is read attribute by attribute, which settles it or says what is wrong.
    """
    read = model.read_item
    if record is dict:
        return cast("Callable[[Item], R]", read)
    if not _is_direct(model, record):
        return lambda item: convert(read(item))

    def read_directly(item: Item) -> R:
        try:
            found: R = msgspec.convert(item, record, strict=False)
        except msgspec.ValidationError:
            return convert(read(item))
        return found

    return read_directly


def _is_direct(model: Model, record: Any) -> bool:
    """Whether a struct made of the stored item is the one made of the item's attributes."""
    if model.has_getters or not (isinstance(record, type) and issubclass(record, msgspec.Struct)):
        return False
    info = cast("inspect.StructType", inspect.type_info(record))
    if info.forbid_unknown_fields or info.array_like or info.tag_field is not None:
        return False
    return all(_is_stored_so(model, field) for field in info.fields)


def _is_stored_so(model: Model, field: inspect.Field) -> bool:
    """Whether a struct's field takes from the item what it would take from the attributes."""
    slot = model.readers.get(field.encode_name)
    if slot is None or slot[0] != field.encode_name:
        return False
    kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    if field.default is not None and any(isinstance(kind, _OPEN_KINDS) for kind in kinds):
        return False  # an attribute that is NULL is absent
    if slot[1] is None:
        return True
    name = slot[0]
    return (
        model.attributes[name].type is Type.SET
        and not model.attributes[name].hidden
        and not model.targets[name].key_text.surrounds
        and all(isinstance(kind, _SETS) for kind in kinds)
    )
