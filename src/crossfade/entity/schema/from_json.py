"""Reading of ElectroDB's JSON form of a schema; `rules` checks the result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from crossfade.entity.errors import Code, EntityError, kind_of
from crossfade.entity.schema import template
from crossfade.entity.schema.declarations import (
    Attribute,
    Casing,
    Cast,
    Index,
    IndexType,
    Key,
    Padding,
    Type,
)

_Choice = TypeVar("_Choice", bound=StrEnum)
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEGACY_TYPES = {"custom": Type.ANY, "static": Type.ANY}
_SET_ITEMS = ("string", "number", "boolean", "enum")


def read(model: Mapping[str, Any], *, snake_case: bool) -> dict[str, Any]:
    """Return the arguments of `Schema` for a JSON form.

    Raises:
        EntityError: 1009 for a wrong structure, 1008 for a wrong attribute.
    """
    head = _get(model, "model", Mapping, "schema", model)
    rename = _snake if snake_case else _unchanged
    attributes = _get(model, "attributes", Mapping, "schema")
    indexes = _get(model, "indexes", Mapping, "schema")
    new_names = {name: rename(name) for name in attributes}
    return {
        "entity": _get(head, "entity", str, "model"),
        "version": _get(head, "version", str, "model"),
        "service": _get(head, "service", str, "model"),
        "table": _get(model, "table", str, "schema", ""),
        "legacy": "model" not in model,
        "filters": _get(model, "filters", Mapping, "schema", {}),
        "attributes": _attributes(attributes, "attributes", rename),
        "indexes": {
            rename(name): _index(index, f"indexes.{name}", new_names)
            for name, index in indexes.items()
        },
    }


def _unchanged(name: str) -> str:
    return name


def _snake(name: str) -> str:
    return _CAMEL_HUMP.sub("_", name).lower()


def invalid_model(where: str, rule: str) -> EntityError:
    """Return the error for a wrong JSON form, or for a declaration without one."""
    return EntityError(Code.INVALID_MODEL, f"{where} {rule}")


_REQUIRED: Any = object()


def _get(
    source: Mapping[str, Any],
    option: str,
    kind: type | tuple[type, ...],
    where: str,
    default: Any = _REQUIRED,
) -> Any:
    """Return an option of the given kind; `default` if it is absent.

    Raises:
        EntityError: 1009 if a required option is absent, or is of another kind.
    """
    value = source.get(option)
    if value is None:
        if default is _REQUIRED:
            raise invalid_model(f"{where}.{option}", "is missing")
        return default
    if not isinstance(value, kind):
        raise invalid_model(f"{where}.{option}", f"must not be {kind_of(value)}")
    return value


def _choice(choices: type[_Choice], value: str, where: str) -> _Choice:
    try:
        return choices(value)
    except ValueError:
        raise invalid_model(where, f"must be one of {', '.join(choices)}") from None


def _function(source: Mapping[str, Any], option: str, where: str) -> Any:
    value = source.get(option)
    if value is not None and not callable(value):
        raise invalid_model(f"{where}.{option}", "must be a function")
    return value


def _attributes(
    definitions: Mapping[str, Any], where: str, rename: Callable[[str], str]
) -> dict[str, Attribute]:
    attributes = {
        rename(name): _attribute(name, definition, f"{where}.{name}", rename)
        for name, definition in definitions.items()
    }
    if len(attributes) != len(definitions):
        raise invalid_model(where, "has names that are equal in snake case")
    return attributes


def _attribute(name: str, definition: Any, where: str, rename: Callable[[str], str]) -> Attribute:
    source = definition if isinstance(definition, Mapping) else {"type": definition}
    type_, values = _type(source.get("type"), where)
    return Attribute(
        type=type_,
        values=values,
        name=name,
        field=_get(source, "field", str, where, ""),
        required=_get(source, "required", bool, where, default=False),
        read_only=_get(source, "readOnly", bool, where, default=False),
        hidden=_get(source, "hidden", bool, where, default=False),
        default=source.get("default"),
        validate=_validate(source.get("validate"), where),
        get=_function(source, "get", where),
        set=_function(source, "set", where),
        watch=_watch(source.get("watch"), where, rename),
        label=_get(source, "label", str, where, ""),
        padding=_padding(source.get("padding"), where),
        cast=_cast(source, where),
        properties=_properties(source, type_, where, rename),
        items=_items(source, type_, where, rename),
    )


def _type(declared: Any, where: str) -> tuple[Type, tuple[Any, ...]]:
    if isinstance(declared, (list, tuple)):
        return Type.ENUM, tuple(declared)
    if not isinstance(declared, str):
        raise invalid_model(f"{where}.type", "must be the name of a type or a list of values")
    if declared in _LEGACY_TYPES:
        return _LEGACY_TYPES[declared], ()
    try:
        return Type(declared), ()
    except ValueError:
        raise EntityError(
            Code.INVALID_ATTRIBUTE_DEFINITION, f"{where}.type must be one of {', '.join(Type)}"
        ) from None


def _validate(declared: Any, where: str) -> Any:
    if isinstance(declared, Mapping) and "$regex" in declared:
        return re.compile(declared["$regex"], re.ASCII)
    if declared is None or isinstance(declared, re.Pattern) or callable(declared):
        return declared
    raise invalid_model(f"{where}.validate", "must be a function or a pattern")


def _watch(declared: Any, where: str, rename: Callable[[str], str]) -> tuple[str, ...]:
    if declared is None:
        return ()
    if declared == "*":
        return ("*",)
    if isinstance(declared, (list, tuple)):
        return tuple(rename(name) for name in declared)
    raise EntityError(
        Code.INVALID_ATTRIBUTE_WATCH_DEFINITION,
        f'{where}.watch must be a list of attribute names or "*"',
    )


def _padding(declared: Any, where: str) -> Padding | None:
    if declared is None:
        return None
    if not isinstance(declared, Mapping):
        raise invalid_model(f"{where}.padding", "must have length and char")
    where = f"{where}.padding"
    return Padding(_get(declared, "length", int, where), _get(declared, "char", str, where))


def _cast(source: Mapping[str, Any], where: str) -> Cast | None:
    declared = _get(source, "cast", str, where, None)
    return declared and _choice(Cast, declared, f"{where}.cast")


def _properties(
    source: Mapping[str, Any], type_: Type, where: str, rename: Callable[[str], str]
) -> dict[str, Attribute]:
    if type_ is not Type.MAP:
        return {}
    properties = source.get("properties")
    if not isinstance(properties, Mapping):
        raise EntityError(
            Code.INVALID_ATTRIBUTE_DEFINITION,
            f"{where}.properties is missing; declare the map's children there",
        )
    return _attributes(properties, f"{where}.properties", rename)


def _items(
    source: Mapping[str, Any], type_: Type, where: str, rename: Callable[[str], str]
) -> Attribute | None:
    items = source.get("items")
    if type_ is Type.LIST:
        return _attribute("*", items if items is not None else "string", f"{where}.items", rename)
    if type_ is not Type.SET:
        return None
    if not isinstance(items, (list, tuple)) and items not in _SET_ITEMS:
        raise EntityError(
            Code.INVALID_ATTRIBUTE_DEFINITION,
            f"{where}.items must be one of {', '.join(_SET_ITEMS)} or a list of values",
        )
    return _attribute("*", {"type": items}, f"{where}.items", rename)


def _index(source: Any, where: str, new_names: dict[str, str]) -> Index:
    if not isinstance(source, Mapping):
        raise invalid_model(where, "must be an object")
    sort_key = source.get("sk")
    return Index(
        pk=_key(source.get("pk"), f"{where}.pk", new_names),
        sk=None if sort_key is None else _key(sort_key, f"{where}.sk", new_names),
        index=_get(source, "index", str, where, ""),
        type=_choice(IndexType, source.get("type") or IndexType.ISOLATED, f"{where}.type"),
        collection=_texts(_get(source, "collection", (str, list, tuple), where, ())),
        scope=_get(source, "scope", str, where, ""),
        condition=_function(source, "condition", where),
        projection=_projection(source, where, new_names),
    )


def _texts(value: str | Iterable[str]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)


def _projection(
    source: Mapping[str, Any], where: str, new_names: dict[str, str]
) -> str | tuple[str, ...] | None:
    declared = _get(source, "projection", (str, list, tuple), where, None)
    if declared is None or isinstance(declared, str):
        return declared
    return tuple(new_names.get(name, name) for name in declared)


def _key(source: Any, where: str, new_names: dict[str, str]) -> Key:
    if not isinstance(source, Mapping):
        raise invalid_model(where, "must be an object")
    composite = _get(
        source,
        "composite",
        (list, tuple),
        where,
        _get(source, "facets", (list, tuple), where, None),
    )
    text = _get(source, "template", str, where, None)
    return Key(
        field=_get(source, "field", str, where, ""),
        composite=composite
        if composite is None
        else tuple(new_names.get(name, name) for name in composite),
        template=text if text is None else template.rename(text, new_names),
        casing=_choice(Casing, source.get("casing") or Casing.DEFAULT, f"{where}.casing"),
        cast=_cast(source, where),
    )
