"""The fields of a struct, in the terms of code that fills them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import inspect as kinds


class Form(StrEnum):
    """What a field's values are; `OTHER` is for msgspec to convert."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXTS = "texts"
    TEXT_SET = "text set"
    FROZEN_TEXT_SET = "frozen text set"
    STRUCT = "struct"
    ANY = "any"
    OTHER = "other"


_TEXT: Final = kinds.StrType()
_FORMS: Final[tuple[tuple[kinds.Type, Form], ...]] = (
    (_TEXT, Form.TEXT),
    (kinds.IntType(), Form.INTEGER),
    (kinds.FloatType(), Form.FLOAT),
    (kinds.BoolType(), Form.BOOLEAN),
    (kinds.ListType(_TEXT), Form.TEXTS),
    (kinds.SetType(_TEXT), Form.TEXT_SET),
    (kinds.FrozenSetType(_TEXT), Form.FROZEN_TEXT_SET),
    (kinds.AnyType(), Form.ANY),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A struct's field.

    Args:
        name: the parameter that takes it.
        key: its name in maps.
        form: what its values are, None excepted.
        record: the struct, when it is one.
        hint: its type.
        by_name: whether the parameter is given by name only.
        required: whether it has no default.
        default: the default, or the function that makes it.
        is_made: whether the default is made by a function.
    """

    name: str
    key: str
    form: Form
    record: Any
    hint: Any
    by_name: bool
    required: bool
    default: Any
    is_made: bool


def is_struct(record: Any) -> bool:
    """Whether a record is a struct that its fields alone make, in the form of a map."""
    if not (isinstance(record, type) and issubclass(record, msgspec.Struct)):
        return False
    config = record.__struct_config__
    special = config.forbid_unknown_fields or config.array_like or config.tag_field is not None
    return not (special or hasattr(record, "__post_init__"))


def fields_of(record: type[msgspec.Struct]) -> list[Field]:
    """The fields in the order of the struct's parameters."""
    parameters = inspect.signature(record).parameters
    return [
        Field(
            name=field.name,
            key=field.encode_name,
            form=_form(kind),
            record=kind.cls if isinstance(kind, kinds.StructType) else None,
            hint=field.type,
            by_name=parameters[field.name].kind is inspect.Parameter.KEYWORD_ONLY,
            required=field.required,
            default=field.default_factory if is_made else field.default,
            is_made=is_made,
        )
        for field in msgspec.structs.fields(record)
        for kind, is_made in [
            (_present(kinds.type_info(field.type)), field.default_factory is not msgspec.NODEFAULT)
        ]
    ]


def conversion(field: Field) -> partial[Any]:
    """What converts a value of `Form.OTHER`."""
    return partial(msgspec.convert, type=field.hint, strict=False)


def _present(kind: kinds.Type) -> kinds.Type:
    """The type of an optional field's values, None excepted."""
    if not isinstance(kind, kinds.UnionType):
        return kind
    others = [member for member in kind.types if not isinstance(member, kinds.NoneType)]
    return others[0] if len(others) == 1 else kind


def _form(kind: kinds.Type) -> Form:
    if isinstance(kind, kinds.StructType) and is_struct(kind.cls):
        return Form.STRUCT
    return next((form for plain, form in _FORMS if kind == plain), Form.OTHER)
