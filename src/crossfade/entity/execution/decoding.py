"""Stored items turned into attributes, and the question whose items they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypeVar

from crossfade.entity.execution.context import Core
from crossfade.entity.model.model import Model
from crossfade.entity.options import Options
from crossfade.entity.requests.conversions import item_from_key
from crossfade.entity.values.attribute_values import unmarshal_item

R = TypeVar("R", default=dict[str, Any])


def owns(model: Model, item: Mapping[str, Any], options: Options) -> bool:
    """Whether an item is this entity's.

    Its identifiers say so; or, where ownership is not checked, its keys do, or they were not asked
    for.
    """
    entity_field, entity, version_field, version = model.mark
    if item.get(entity_field) == entity and item.get(version_field) == version:
        return True
    if not (options.ignore_ownership or options.hydrate):
        return False
    if options.attributes and any(field not in item for field in model.table_fields):
        return True
    return _owns_keys(model, item)


def _owns_keys(model: Model, item: Mapping[str, Any]) -> bool:
    for key in model.table_index.keys:
        value = item.get(key.field)
        if value is None or (isinstance(value, str) and not value.startswith(key.prefix)):
            return False
    return item_from_key(model, item) is not None


def attributes_of_item(model: Model, item: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """The attributes of a stored item: getters applied, hidden ones left out."""
    read = model.read_item(item)
    if options.data == "include_keys":
        known = model.names_by_field
        read.update({field: value for field, value in item.items() if field not in known})
    if options.attributes and not options.hydrate:
        read = {name: value for name, value in read.items() if name in options.attributes}
    return read


def record_of(core: Core[R], item: Mapping[str, Any] | None, options: Options) -> R | None:
    """The record of an item; None when there is none, or it is another entity's."""
    if not item:
        return None
    if not options.shapes_records:
        record = core.read_own(item)
        if record is not None:
            return record
    return owned_record(core, item, options) if owns(core.model, item, options) else None


def typed_record(core: Core[R], item: Mapping[str, Any], options: Options) -> R | None:
    """As `record_of`, of an item with DynamoDB's typed values, for options that want records."""
    record = core.read_typed(item)
    return record_of(core, unmarshal_item(item), options) if record is None else record


def owned_record(core: Core[R], item: Mapping[str, Any], options: Options) -> R:
    """The record of an item that is known to be the entity's."""
    if options.shapes_records:
        return core.convert(attributes_of_item(core.model, item, options))
    return core.read(item)


def owned_attributes(
    model: Model, item: Mapping[str, Any] | None, options: Options
) -> dict[str, Any] | None:
    """The attributes of an item; None when there is none, or it is another entity's."""
    if not item or not owns(model, item, options):
        return None
    return attributes_of_item(model, item, options)
