"""The ElectroDB schemas of a mapping, with which its items are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossfade.mapping.declaration.columns import Body, Column, Rule, Shape
from crossfade.mapping.declaration.postgres_types import rule_of

_ATTRIBUTES: dict[Rule, dict[str, Any]] = {
    Rule.TEXT: {"type": "string"},
    Rule.NUMBER: {"type": "number"},
    Rule.FLOAT: {"type": "number"},
    Rule.BOOLEAN: {"type": "boolean"},
    Rule.INSTANT: {"type": "string"},
    Rule.LOCAL_TIME: {"type": "string"},
    Rule.BYTES: {"type": "string"},
    Rule.DOCUMENT: {"type": "any"},
    Rule.LIST: {"type": "list", "items": {"type": "any"}},
}


def schema_json(
    service: str,
    version: str,
    shape: Shape,
    columns: Sequence[Column],
    bodies: Sequence[Body],
) -> dict[str, Any]:
    """Return a shape's schema in ElectroDB's JSON form, attributes in declared order.

    Args:
        service: ElectroDB's `model.service`.
        version: ElectroDB's `model.version`.
        shape: the shape.
        columns: the mapping's columns.
        bodies: the mapping's bodies; the keys of their objects are attributes too.
    """
    attributes = {column.attribute: _attribute(column) for column in columns}
    pointers = {body.attribute: {"type": "string"} for body in bodies}
    return {
        "model": {"entity": shape.entity, "version": version, "service": service},
        "attributes": {**attributes, **pointers},
        "indexes": dict(shape.indexes),
    }


def _attribute(column: Column) -> dict[str, Any]:
    attribute = dict(_ATTRIBUTES[rule_of(column)])
    if column.field != column.attribute:
        attribute["field"] = column.field
    if column.required:
        attribute["required"] = True
    return attribute
