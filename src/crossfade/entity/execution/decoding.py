"""Conversion of stored items to attributes and records, and the check of their entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypeVar

from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.model.model import Model
from crossfade.entity.options import Options
from crossfade.entity.requests.conversions import item_from_key
from crossfade.entity.values.attribute_values import unmarshal_item

R = TypeVar("R", default=dict[str, Any])


def owns(model: Model, item: Mapping[str, Any], options: Options) -> bool:
    """Return whether an item belongs to this entity.

    It does if it has this entity's identifiers. If the options ignore ownership, it also does if
    its keys have this entity's form, or are not projected.
    """
    entity_field, entity, version_field, version = model.flat_identity
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
    """Return the attributes of a stored item, after getters and without hidden ones."""
    read = model.read_item(item)
    if options.data == "include_keys":
        known = model.names_by_field
        read.update({field: value for field, value in item.items() if field not in known})
    if options.attributes and not options.hydrate:
        read = {name: value for name, value in read.items() if name in options.attributes}
    return read


def record_of(
    context: ExecutionContext[R], item: Mapping[str, Any] | None, options: Options
) -> R | None:
    """Return the record of an item; None if there is no item, or it is another entity's."""
    if not item:
        return None
    if not options.alters_records:
        record = context.read_own(item)
        if record is not None:
            return record
    return owned_record(context, item, options) if owns(context.model, item, options) else None


def typed_record(
    context: ExecutionContext[R], item: Mapping[str, Any], options: Options
) -> R | None:
    """Return the record of an item with typed values; see `record_of`, `Options.only_records`."""
    record = context.read_typed(item)
    return record_of(context, unmarshal_item(item), options) if record is None else record


def owned_record(context: ExecutionContext[R], item: Mapping[str, Any], options: Options) -> R:
    """Return the record of an item that is known to belong to the entity."""
    if options.alters_records:
        return context.convert(attributes_of_item(context.model, item, options))
    return context.read(item)


def owned_attributes(
    model: Model, item: Mapping[str, Any] | None, options: Options
) -> dict[str, Any] | None:
    """Return the attributes of an item; None if there is no item, or it is another entity's."""
    if not item or not owns(model, item, options):
        return None
    return attributes_of_item(model, item, options)
