"""Functions that declare attributes, one per type, such as ``string(required=True)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from crossfade.entity.schema.declarations import Attribute, Cast, Getter, Padding, Type, Validator


class AttributeOptions(TypedDict, total=False):
    """The options of attributes of every type; see `Attribute`."""

    name: str
    field: str
    required: bool
    read_only: bool
    hidden: bool
    default: Any
    validate: Validator
    get: Getter
    set: Getter
    watch: tuple[str, ...]
    label: str
    padding: Padding
    cast: Cast


def string(**options: Unpack[AttributeOptions]) -> Attribute:
    """Declare a string."""
    return Attribute(type=Type.STRING, **options)


def number(**options: Unpack[AttributeOptions]) -> Attribute:
    """Declare a number: int, float or Decimal."""
    return Attribute(type=Type.NUMBER, **options)


def boolean(**options: Unpack[AttributeOptions]) -> Attribute:
    """Declare a boolean."""
    return Attribute(type=Type.BOOLEAN, **options)


def enum(*values: str | float, **options: Unpack[AttributeOptions]) -> Attribute:
    """Declare an attribute that has one of the given strings or numbers."""
    return Attribute(type=Type.ENUM, values=values, **options)


def map_of(properties: Mapping[str, Attribute], **options: Unpack[AttributeOptions]) -> Attribute:
    """Declare a map with the given children; writes drop all others."""
    return Attribute(type=Type.MAP, properties=properties, **options)


def list_of(items: Attribute, **options: Unpack[AttributeOptions]) -> Attribute:
    """Declare a list whose elements have one declaration."""
    return Attribute(type=Type.LIST, items=items, **options)


def set_of(items: Attribute, **options: Unpack[AttributeOptions]) -> Attribute:
    """Declare a set of strings, numbers or enum values."""
    return Attribute(type=Type.SET, items=items, **options)


def anything(**options: Unpack[AttributeOptions]) -> Attribute:
    """Declare an attribute of any type that DynamoDB has; None is stored as NULL."""
    return Attribute(type=Type.ANY, **options)
