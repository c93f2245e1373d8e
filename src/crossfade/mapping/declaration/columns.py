"""The elements of a declaration: columns, large columns, shapes of items, rules of values."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """How a column's text becomes a DynamoDB value. `default_rule` names the rule of each type."""

    TEXT = "text"  # S, the text as PostgreSQL prints it
    NUMBER = "number"  # N where DynamoDB holds the number exactly, else an error
    FLOAT = "float"  # N, or S for what N cannot hold: NaN, infinities, -0, |x| out of range
    BOOLEAN = "boolean"  # BOOL
    INSTANT = "instant"  # S, UTC, six digits, sorts as text
    LOCAL_TIME = "local-time"  # S, as INSTANT without a zone
    BYTES = "bytes"  # S, base64
    DOCUMENT = "document"  # M, L or a scalar, from json and jsonb
    LIST = "list"  # L, from arrays of any type


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the attribute it becomes.

    Args:
        name: the column in PostgreSQL.
        type: its type as `format_type` prints it, such as ``timestamp(3) without time zone``.
        attribute: the attribute's name in keys and records; the column's name in camelCase unless
            given.
        field: the attribute's name in stored items; `attribute` unless given.
        rule: overrides the rule of the type; for an array, the rule of its elements.
        required: whether the column is NOT NULL.
    """

    name: str
    type: str
    attribute: str = ""
    field: str = ""
    rule: Rule | None = None
    required: bool = False

    def __post_init__(self) -> None:
        attribute = self.attribute or _camel_case(self.name)
        object.__setattr__(self, "attribute", attribute)
        object.__setattr__(self, "field", self.field or attribute)


@dataclass(frozen=True, slots=True)
class Body:
    """A large column that is stored in S3; the item holds the object's key.

    Args:
        column: the column in PostgreSQL, of a text or json type.
        attribute: the attribute that holds the object's key, such as ``transcriptStorageKey``.
        prefix: first part of the object's key: ``<prefix>/<row id>/<sha256>``.
        overflow_only: keep the column in the item, and move it to S3 only if the item would exceed
            DynamoDB's limit; the column must then be declared as a `Column` too.
    """

    column: str
    attribute: str
    prefix: str
    overflow_only: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A form of items: an ElectroDB model without its attributes.

    A row has the first shape of its mapping whose table-index composites are all present.

    Args:
        entity: ElectroDB's `model.entity`.
        indexes: ElectroDB's `indexes`, as in its JSON form.
    """

    entity: str
    indexes: MappingOf[str, Any]

    def table_composites(self) -> tuple[str, ...]:
        """Return the attributes in the table's own key, partition key first."""
        for index in self.indexes.values():
            if "index" not in index:
                return tuple(dict.fromkeys(_side(index["pk"]) + _side(index.get("sk"))))
        return ()


def _side(key: MappingOf[str, Any] | None) -> tuple[str, ...]:
    if key is None:
        return ()
    if "composite" in key:
        return tuple(key["composite"])
    return tuple(re.findall(r"\$\{([^}]*)\}", key.get("template", "")))


def _camel_case(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
