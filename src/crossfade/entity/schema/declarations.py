"""The parts of a schema: attributes, keys and indexes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    """The type of an attribute."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ENUM = "enum"
    MAP = "map"
    LIST = "list"
    SET = "set"
    ANY = "any"


class Casing(StrEnum):
    """The letter case of a key. `DEFAULT` is lower case."""

    DEFAULT = "default"
    LOWER = "lower"
    UPPER = "upper"
    NONE = "none"


class IndexType(StrEnum):
    """How the entities of an index share its partitions.

    `COMPOSITE` is a multi-attribute index: its keys are attributes, not concatenated strings.
    """

    ISOLATED = "isolated"
    CLUSTERED = "clustered"
    COMPOSITE = "composite"


class Cast(StrEnum):
    """The DynamoDB type to which a key is converted."""

    STRING = "string"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Padding:
    """Left padding of an attribute's text inside keys; `length` in UTF-16 code units."""

    length: int
    char: str


Getter = Callable[[Any, Mapping[str, Any]], Any]
Validator = re.Pattern[str] | Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of an item.

    Args:
        type: the type; `Type.ENUM` needs `values`, `Type.MAP` needs `properties`, `Type.LIST` and
            `Type.SET` need `items`.
        name: the wire name, which ElectroDB and keys use; by default the Python name.
        field: the attribute's name in stored items; by default `name`.
        required: reject a put without it, and its removal.
        read_only: reject a change after creation.
        hidden: store it, but never return it.
        default: a value, or a function without arguments, for a put without this attribute.
        validate: a pattern to search for in a string, or a function that returns whether a value
            is valid, or raises an error that gives the reason.
        get: transforms a value that is read; called with the value and a copy of its siblings.
        set: transforms a value that is written; called with the value and a copy of its siblings.
        watch: names of attributes, or ``("*",)``, whose presence triggers `get` and `set`.
        label: the name to use inside composed keys; by default `name`.
        padding: left padding inside keys.
        cast: has no effect; accepted because ElectroDB 3.9.3 accepts it and never applies it.
        properties: the children of a map.
        items: the elements of a list or set.
        values: the allowed values of an enum.
    """

    type: Type
    name: str = ""
    field: str = ""
    required: bool = False
    read_only: bool = False
    hidden: bool = False
    default: Any = None
    validate: Validator | None = None
    get: Getter | None = None
    set: Getter | None = None
    watch: tuple[str, ...] = ()
    label: str = ""
    padding: Padding | None = None
    cast: Cast | None = None
    properties: Mapping[str, Attribute] = dataclasses.field(default_factory=dict)
    items: Attribute | None = None
    values: tuple[str | int | float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A partition or sort key: composed from attributes, or a template with ``${name}`` slots.

    Args:
        field: the key's name in the table; empty in multi-attribute indexes only.
        composite: the attributes of the key, in order; by default those of the template.
        template: literal text with slots; a key with a template has no prefix.
        casing: letter case of the whole key.
        cast: the DynamoDB type to which the key is converted.
    """

    field: str = ""
    composite: tuple[str, ...] | None = None
    template: str | None = None
    casing: Casing = Casing.DEFAULT
    cast: Cast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An access pattern.

    Args:
        index: the DynamoDB index; empty for the table itself.
        pk: the partition key.
        sk: the sort key, if the index has one.
        type: how entities share its partitions.
        collection: the collection, or the path of sub-collections, widest first.
        scope: text to append to the partition key's prefix.
        condition: returns whether to write the keys of a secondary index; called with the known
            attributes.
        projection: ``all``, ``keys_only``, or the projected attributes; None is ``all``.
    """

    pk: Key
    sk: Key | None = None
    index: str = ""
    type: IndexType = IndexType.ISOLATED
    collection: str | tuple[str, ...] = ()
    scope: str = ""
    condition: Callable[[Mapping[str, Any]], Any] | None = None
    projection: str | tuple[str, ...] | None = None

    @property
    def collections(self) -> tuple[str, ...]:
        """Return the path of collections; empty for none."""
        if isinstance(self.collection, str):
            return (self.collection,) if self.collection else ()
        return self.collection
