"""Writing of ElectroDB's JSON form of a schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crossfade.entity.schema import template
from crossfade.entity.schema.declarations import Attribute, Casing, Index, IndexType, Key, Type
from crossfade.entity.schema.from_json import invalid_model


def write(attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]) -> dict[str, Any]:
    """Return the `attributes` and `indexes` of the JSON form, with wire names.

    Raises:
        EntityError: 1009 for a function, which has no JSON form.
    """
    wire = {name: attribute.name for name, attribute in attributes.items()}
    return {
        "attributes": {a.name: _attribute_json(a, wire) for a in attributes.values()},
        "indexes": {name: _index_json(name, index, wire) for name, index in indexes.items()},
    }


def _attribute_json(attribute: Attribute, wire: dict[str, str]) -> dict[str, Any]:
    where = f"attributes.{attribute.name}"
    for option in ("default", "get", "set"):
        if callable(getattr(attribute, option)):
            raise invalid_model(f"{where}.{option}", "is a function, which has no JSON form")
    children = {name: child.name for name, child in attribute.properties.items()}
    items = attribute.items
    written = {
        "type": list(attribute.values) if attribute.type is Type.ENUM else str(attribute.type),
        "field": attribute.field if attribute.field != attribute.name else None,
        "required": attribute.required or None,
        "readOnly": attribute.read_only or None,
        "hidden": attribute.hidden or None,
        "default": attribute.default,
        "validate": _pattern_json(attribute.validate, where),
        "watch": _watch_json(attribute.watch, wire),
        "label": attribute.label if attribute.label != attribute.name else None,
        "padding": attribute.padding
        and {"length": attribute.padding.length, "char": attribute.padding.char},
        "cast": attribute.cast and str(attribute.cast),
        "properties": {
            child.name: _attribute_json(child, children) for child in attribute.properties.values()
        }
        if attribute.type is Type.MAP
        else None,
        "items": items and _items_json(attribute.type, items),
    }
    return {option: value for option, value in written.items() if value is not None}


def _items_json(type_: Type, items: Attribute) -> Any:
    written = _attribute_json(items, {})
    return written["type"] if type_ is Type.SET else written


def _watch_json(watch: tuple[str, ...], wire: dict[str, str]) -> Any:
    if not watch:
        return None
    return "*" if watch == ("*",) else [wire.get(name, name) for name in watch]


def _pattern_json(validate: Any, where: str) -> dict[str, str] | None:
    if validate is None:
        return None
    if not isinstance(validate, re.Pattern):
        raise invalid_model(f"{where}.validate", "is a function, which has no JSON form")
    return {"$regex": validate.pattern}


def _index_json(name: str, index: Index, wire: dict[str, str]) -> dict[str, Any]:
    if index.condition is not None:
        raise invalid_model(f"indexes.{name}.condition", "is a function, which has no JSON form")
    projection = index.projection
    written = {
        "index": index.index or None,
        "type": None if index.type is IndexType.ISOLATED else str(index.type),
        "collection": _list_json(index.collection) or None,
        "scope": index.scope or None,
        "projection": projection
        if projection is None or isinstance(projection, str)
        else [wire.get(name, name) for name in projection],
        "pk": _key_json(index.pk, wire),
        "sk": index.sk and _key_json(index.sk, wire),
    }
    return {option: value for option, value in written.items() if value is not None}


def _list_json(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _key_json(key: Key, wire: dict[str, str]) -> dict[str, Any]:
    written = {
        "field": key.field or None,
        "composite": [wire.get(name, name) for name in key.composite or ()],
        "template": key.template and template.rename(key.template, wire),
        "casing": None if key.casing is Casing.DEFAULT else str(key.casing),
        "cast": key.cast and str(key.cast),
    }
    return {option: value for option, value in written.items() if value is not None}
