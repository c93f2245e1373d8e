"""Conversion between values and their stored form.

Writers apply setters, replace the names of map children by their fields, and make sets.
Readers reverse this, drop hidden attributes, and apply getters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crossfade.entity.errors import invalid_value, kind_of
from crossfade.entity.schema.declarations import Attribute, Type
from crossfade.entity.values.validation import NUMBER_KINDS, SET_KINDS

Siblings = Mapping[str, Any] | Sequence[Any]
Transform = Callable[[Any, Siblings], Any]


def unchanged(value: Any, _siblings: Siblings) -> Any:
    """Return the value unchanged."""
    return value


def _copy(siblings: Siblings) -> Any:
    return dict(siblings) if isinstance(siblings, Mapping) else list(siblings)


def _handled(handler: Callable[[Any, Any], Any] | None, transform: Transform) -> Transform:
    """Return a transform followed by a setter or getter, which gets a copy of the siblings."""
    if handler is None:
        return transform
    return lambda value, siblings: handler(transform(value, siblings), _copy(siblings))


def is_stored_unchanged(attribute: Attribute) -> bool:
    """Return whether the stored form of this attribute's values is the value itself.

    The declaration does not show whether a key template adds text; see `KeyText.has_literals`.
    """
    if attribute.get is not None or attribute.hidden or attribute.type is Type.SET:
        return False
    if attribute.items is not None and not is_stored_unchanged(attribute.items):
        return False
    return all(
        is_stored_unchanged(child) and child.field == name
        for name, child in attribute.properties.items()
    )


def writer(attribute: Attribute) -> Transform:
    """Return the function from a value to its stored form; setters are called for None too."""
    match attribute.type:
        case Type.MAP:
            return _map_writer(attribute)
        case Type.LIST:
            return _handled(attribute.set, _list_writer(attribute))
        case Type.SET:
            return _set_writer(attribute)
        case _:
            return _handled(attribute.set, unchanged)


def _map_writer(attribute: Attribute) -> Transform:
    children = tuple(
        (name, child.field, writer(child)) for name, child in attribute.properties.items()
    )

    def write(value: Any, _siblings: Siblings) -> Any:
        if not isinstance(value, Mapping):
            return value
        written = {}
        for name, field, write_child in children:
            if value.get(name) is not None:
                result = write_child(value[name], value)
                if result is not None:
                    written[field] = result
        return written

    return _handled(attribute.set, write)


def _list_writer(attribute: Attribute) -> Transform:
    if attribute.items is None:
        return unchanged
    write_element = writer(attribute.items)
    keeps_null = attribute.items.type is Type.ANY

    def write(value: Any, _siblings: Siblings) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        written = (write_element(element, value) for element in value)
        return [element for element in written if element is not None or keeps_null]

    return write


def _set_writer(attribute: Attribute) -> Transform:
    path = attribute.name
    if attribute.set is None:
        return lambda value, _siblings: None if value is None else to_set(value, path)
    handled = _handled(attribute.set, lambda value, _siblings: set_members(value))

    def write(value: Any, siblings: Siblings) -> Any:
        result = handled(value, siblings)
        return None if result is None else to_set(result, path)

    return write


def set_members(value: Any) -> Any:
    """Return the members of a set as a sorted list, and other values unchanged."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def to_set(value: Any, path: str) -> frozenset[Any]:
    """Return the set to store for a list, a set or a single member."""
    if isinstance(value, SET_KINDS):
        return frozenset(value)
    if isinstance(value, (str, *NUMBER_KINDS)) and not isinstance(value, bool):
        return frozenset((value,))
    raise invalid_value(path, f"must be a set or a list, not {kind_of(value)}")


def reader(attribute: Attribute) -> Transform:
    """Return the function from a stored form to its value; None for a hidden attribute."""
    if attribute.hidden:
        return lambda _value, _siblings: None
    match attribute.type:
        case Type.MAP:
            return _map_reader(attribute)
        case Type.LIST:
            return _handled(attribute.get, _list_reader(attribute))
        case Type.SET:
            return _handled(attribute.get, lambda value, _siblings: set_members(value))
        case _:
            return _handled(attribute.get, unchanged)


def _map_reader(attribute: Attribute) -> Transform:
    children = tuple(
        (name, child.field, reader(child)) for name, child in attribute.properties.items()
    )
    absent: Any = None if attribute.get is None else {}

    def read(value: Any, _siblings: Siblings) -> Any:
        if not isinstance(value, Mapping):
            return absent if value is None else value
        result = {}
        for name, field, read_child in children:
            if value.get(field) is not None:
                child = read_child(value[field], value)
                if child is not None:
                    result[name] = child
        return result

    return _handled(attribute.get, read)


def _list_reader(attribute: Attribute) -> Transform:
    read_element = reader(attribute.items) if attribute.items else unchanged
    keeps_null = attribute.items is not None and attribute.items.type is Type.ANY

    def read(value: Any, _siblings: Siblings) -> Any:
        if not isinstance(value, (list, tuple)):
            return [] if value is None else value
        elements = (read_element(element, value) for element in value)
        return [element for element in elements if element is not None or keeps_null]

    return read
