"""The fields of a msgspec.Struct, as the generator of reader functions needs them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import inspect as kinds


class Form(StrEnum):
    """The type of a field's values; msgspec converts those of `OTHER`."""

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
        name: the parameter's name.
        key: the encoded name, used in maps.
        form: the form of its values, None excepted.
        record: the struct type, for `Form.STRUCT`.
        hint: the annotated type.
        keyword_only: whether the parameter is keyword-only.
        required: whether it has no default.
        default: the default, or the function that returns it.
        has_factory: whether `default` is a function.
    """

    name: str
    key: str
    form: Form
    record: Any
    hint: Any
    keyword_only: bool
    required: bool
    default: Any
    has_factory: bool


def is_struct(record: Any) -> bool:
    """Return whether a type is a struct encoded as a map and constructed from fields alone."""
    if not (isinstance(record, type) and issubclass(record, msgspec.Struct)):
        return False
    config = record.__struct_config__
    special = config.forbid_unknown_fields or config.array_like or config.tag_field is not None
    return not (special or hasattr(record, "__post_init__"))


def fields_of(record: type[msgspec.Struct]) -> list[Field]:
    """Return the fields in the order of the struct's parameters."""
    parameters = inspect.signature(record).parameters
    return [
        Field(
            name=field.name,
            key=field.encode_name,
            form=_form(kind),
            record=kind.cls if isinstance(kind, kinds.StructType) else None,
            hint=field.type,
            keyword_only=parameters[field.name].kind is inspect.Parameter.KEYWORD_ONLY,
            required=field.required,
            default=field.default_factory if has_factory else field.default,
            has_factory=has_factory,
        )
        for field in msgspec.structs.fields(record)
        for kind, has_factory in [
            (
                _without_none(kinds.type_info(field.type)),
                field.default_factory is not msgspec.NODEFAULT,
            )
        ]
    ]


def conversion(field: Field) -> partial[Any]:
    """Return the function that converts a value of `Form.OTHER`."""
    return partial(msgspec.convert, type=field.hint, strict=False)


def _without_none(kind: kinds.Type) -> kinds.Type:
    """Return the type of an optional field's values, None excepted."""
    if not isinstance(kind, kinds.UnionType):
        return kind
    others = [member for member in kind.types if not isinstance(member, kinds.NoneType)]
    return others[0] if len(others) == 1 else kind


def _form(kind: kinds.Type) -> Form:
    if isinstance(kind, kinds.StructType) and is_struct(kind.cls):
        return Form.STRUCT
    return next((form for plain, form in _FORMS if kind == plain), Form.OTHER)
