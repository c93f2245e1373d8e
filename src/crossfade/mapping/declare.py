"""What a user declares once per table; everything else is derived from these values.

A mapping names the table, its columns and the shapes its rows take as items. From it come the
capture triggers, the statements that read rows, the codec in both directions, the ElectroDB schema
and the labels of every report.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from crossfade.entity import Entity
from crossfade.errors import ConfigurationError


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
        rule: overrides the rule of the type.
        required: whether the column is NOT NULL.
    """

    name: str
    type: str
    attribute: str = ""
    field: str = ""
    rule: Rule | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A large column that lives in S3; the item holds the object's key.

    Args:
        column: the column in PostgreSQL, of a text or json type.
        attribute: the attribute that holds the object's key, such as ``transcriptStorageKey``.
        prefix: first part of the object's key: ``<prefix>/<row id>/<sha256>``.
        overflow_only: keep the column in the item, and move it only when the item would otherwise
            pass DynamoDB's limit; it then needs a `Column` of its own too.
    """

    column: str
    attribute: str
    prefix: str
    overflow_only: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows appear as items: an ElectroDB model without its attributes.

    A row takes the first shape of its mapping whose table-index composites are all present.

    Args:
        entity: ElectroDB's `model.entity`.
        indexes: ElectroDB's `indexes`, as in its JSON form.
    """

    entity: str
    indexes: MappingOf[str, Any]


@dataclass(frozen=True)
class Mapping:
    """One table and the items its rows become.

    Args:
        name: the ledger's name of the entity, lower case, such as ``session``.
        table: the table, schema-qualified, such as ``public.sessions``.
        primary_key: the primary key's columns.
        columns: the columns that become attributes.
        shapes: in order of preference; all but the last may lack composites in some rows.
        service: ElectroDB's `model.service`.
        bodies: the large columns.
        ignored: columns that are deliberately not carried over.
        version: the mapping's own version, stored with each item as ``cf_m``.
        model_version: ElectroDB's `model.version`.
    """

    name: str
    table: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    shapes: tuple[Shape, ...]
    service: str
    bodies: tuple[Body, ...] = ()
    ignored: tuple[str, ...] = ()
    version: int = 1
    model_version: str = "1"
