"""ElectroDB's JSON form of a schema, written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crossfade.entity.schema import template
from crossfade.entity.schema.declarations import Attribute, Casing, Index, IndexType, Key, Type
from crossfade.entity.schema.from_json import invalid


def write(attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]) -> dict[str, Any]:
    """The `attributes` and `indexes` of the JSON form, under their names on the wire."""
    wire = {name: attribute.name for name, attribute in attributes.items()}
    return {
        "attributes": {a.name: _written_attribute(a, wire) for a in attributes.values()},
        "indexes": {name: _written_index(name, index, wire) for name, index in indexes.items()},
    }


def _written_attribute(attribute: Attribute, wire: dict[str, str]) -> dict[str, Any]:
    where = f"attributes.{attribute.name}"
    for option in ("default", "get", "set"):
        if callable(getattr(attribute, option)):
            raise invalid(f"{where}.{option}", "is a function, which JSON cannot hold")
    children = {name: child.name for name, child in attribute.properties.items()}
    items = attribute.items
    written = {
        "type": list(attribute.values) if attribute.type is Type.ENUM else str(attribute.type),
        "field": attribute.field if attribute.field != attribute.name else None,
        "required": attribute.required or None,
        "readOnly": attribute.read_only or None,
        "hidden": attribute.hidden or None,
        "default": attribute.default,
        "validate": _written_pattern(attribute.validate, where),
        "watch": _written_watch(attribute.watch, wire),
        "label": attribute.label if attribute.label != attribute.name else None,
        "padding": attribute.padding
        and {"length": attribute.padding.length, "char": attribute.padding.char},
        "cast": attribute.cast and str(attribute.cast),
        "properties": {
            child.name: _written_attribute(child, children)
            for child in attribute.properties.values()
        }
        if attribute.type is Type.MAP
        else None,
        "items": items and _written_items(attribute.type, items),
    }
    return {option: value for option, value in written.items() if value is not None}


def _written_items(type_: Type, items: Attribute) -> Any:
    written = _written_attribute(items, {})
    return written["type"] if type_ is Type.SET else written


def _written_watch(watch: tuple[str, ...], wire: dict[str, str]) -> Any:
    if not watch:
        return None
    return "*" if watch == ("*",) else [wire.get(name, name) for name in watch]


def _written_pattern(validate: Any, where: str) -> dict[str, str] | None:
    if validate is None:
        return None
    if not isinstance(validate, re.Pattern):
        raise invalid(f"{where}.validate", "is a function, which JSON cannot hold")
    return {"$regex": validate.pattern}


def _written_index(name: str, index: Index, wire: dict[str, str]) -> dict[str, Any]:
    if index.condition is not None:
        raise invalid(f"indexes.{name}.condition", "is a function, which JSON cannot hold")
    projection = index.projection
    written = {
        "index": index.index or None,
        "type": None if index.type is IndexType.ISOLATED else str(index.type),
        "collection": _written_list(index.collection) or None,
        "scope": index.scope or None,
        "projection": projection
        if projection is None or isinstance(projection, str)
        else [wire.get(name, name) for name in projection],
        "pk": _written_key(index.pk, wire),
        "sk": index.sk and _written_key(index.sk, wire),
    }
    return {option: value for option, value in written.items() if value is not None}


def _written_list(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _written_key(key: Key, wire: dict[str, str]) -> dict[str, Any]:
    written = {
        "field": key.field or None,
        "composite": [wire.get(name, name) for name in key.composite or ()],
        "template": key.template and template.rename(key.template, wire),
        "casing": None if key.casing is Casing.DEFAULT else str(key.casing),
        "cast": key.cast and str(key.cast),
    }
    return {option: value for option, value in written.items() if value is not None}
