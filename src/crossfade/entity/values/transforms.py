"""Values turned into what is stored, and what is stored into values.

Writing applies setters, replaces the names of map children by their fields and makes sets;
reading goes the other way, drops what is hidden and applies getters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crossfade.entity.errors import kind_of, refused
from crossfade.entity.schema.declarations import Attribute, Type
from crossfade.entity.values.validation import NUMBER_KINDS, SET_KINDS

Siblings = Mapping[str, Any] | Sequence[Any]
Transform = Callable[[Any, Siblings], Any]


def same(value: Any, _siblings: Siblings) -> Any:
    """A value that needs no change."""
    return value


def _copy(siblings: Siblings) -> Any:
    return dict(siblings) if isinstance(siblings, Mapping) else list(siblings)


def _handled(handler: Callable[[Any, Any], Any] | None, transform: Transform) -> Transform:
    """A transformation followed by the user's function, which sees a copy of the siblings."""
    if handler is None:
        return transform
    return lambda value, siblings: handler(transform(value, siblings), _copy(siblings))


def is_readable(attribute: Attribute) -> bool:
    """Whether the stored value of this attribute is its value.

    A text in a key's own field is not, but what surrounds it there is not declared here.
    """
    if attribute.get is not None or attribute.hidden or attribute.type is Type.SET:
        return False
    if attribute.items is not None and not is_readable(attribute.items):
        return False
    return all(
        is_readable(child) and child.field == name for name, child in attribute.properties.items()
    )


def writer(attribute: Attribute) -> Transform:
    """What is stored for a value; None, for an absent value, reaches the setter too."""
    match attribute.type:
        case Type.MAP:
            return _map_writer(attribute)
        case Type.LIST:
            return _handled(attribute.set, _list_writer(attribute))
        case Type.SET:
            return _set_writer(attribute)
        case _:
            return _handled(attribute.set, same)


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
        return same
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
    """The members of a set as a list, in order; other values as they are."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def to_set(value: Any, path: str) -> frozenset[Any]:
    """The set that is stored for a list, a set or a single member."""
    if isinstance(value, SET_KINDS):
        return frozenset(value)
    if isinstance(value, (str, *NUMBER_KINDS)) and not isinstance(value, bool):
        return frozenset((value,))
    raise refused(path, f"must be a set or a list, not {kind_of(value)}")


def reader(attribute: Attribute) -> Transform:
    """The value of what is stored; None when it is hidden."""
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
            return _handled(attribute.get, same)


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
    read_element = reader(attribute.items) if attribute.items else same
    keeps_null = attribute.items is not None and attribute.items.type is Type.ANY

    def read(value: Any, _siblings: Siblings) -> Any:
        if not isinstance(value, (list, tuple)):
            return [] if value is None else value
        elements = (read_element(element, value) for element in value)
        return [element for element in elements if element is not None or keeps_null]

    return read
