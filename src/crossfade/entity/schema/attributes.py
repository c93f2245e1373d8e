"""Attribute declarations, one function per type: ``string(required=True)``, ``enum("a", "b")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from crossfade.entity.schema.declarations import Attribute, Cast, Getter, Padding, Type, Validator


class AttributeOptions(TypedDict, total=False):
    """The options that every type of attribute takes; see `Attribute`."""

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
    """A text."""
    return Attribute(type=Type.STRING, **options)


def number(**options: Unpack[AttributeOptions]) -> Attribute:
    """A number: int, float or Decimal."""
    return Attribute(type=Type.NUMBER, **options)


def boolean(**options: Unpack[AttributeOptions]) -> Attribute:
    """True or false."""
    return Attribute(type=Type.BOOLEAN, **options)


def enum(*values: str | float, **options: Unpack[AttributeOptions]) -> Attribute:
    """One of the given texts (or numbers)."""
    return Attribute(type=Type.ENUM, values=values, **options)


def map_of(properties: Mapping[str, Attribute], **options: Unpack[AttributeOptions]) -> Attribute:
    """A map with the given children; others are dropped on writing."""
    return Attribute(type=Type.MAP, properties=properties, **options)


def list_of(items: Attribute, **options: Unpack[AttributeOptions]) -> Attribute:
    """A list whose elements are all alike."""
    return Attribute(type=Type.LIST, items=items, **options)


def set_of(items: Attribute, **options: Unpack[AttributeOptions]) -> Attribute:
    """A set of texts, numbers or enum values."""
    return Attribute(type=Type.SET, items=items, **options)


def anything(**options: Unpack[AttributeOptions]) -> Attribute:
    """Any value that DynamoDB stores; None is stored as NULL."""
    return Attribute(type=Type.ANY, **options)
