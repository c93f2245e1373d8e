"""The declaration of a table's mapping, from which everything else is derived.

A mapping names the table, its columns and the shapes of its items. From it come the
capture triggers, the statements that read rows, the codec in both directions, the ElectroDB schema
and the labels of every report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from crossfade.entity import Entity, EntityError
from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.columns import Body, Column, Rule, Shape
from crossfade.mapping.declaration.ledger_keys import KeyCase, KeyPart, key_parts
from crossfade.mapping.declaration.rules import Table, check_table, fail
from crossfade.mapping.declaration.schemas import schema_json
from crossfade.mapping.declaration.shape_rules import (
    KeyDeclaration,
    are_disjoint,
    check_shapes,
    key_field_names,
)

__all__ = ["Body", "Column", "KeyCase", "KeyPart", "Mapping", "Rule", "Shape", "check_together"]


@dataclass(frozen=True)
class Mapping:
    """One table and the items of its rows.

    Args:
        name: the ledger's name of the entity, lower case, such as ``session``.
        table: the table, schema-qualified, such as ``public.sessions``.
        primary_key: the primary key's columns.
        columns: the columns that become attributes.
        shapes: in order of preference; the last one must apply to every row.
        service: ElectroDB's `model.service`.
        bodies: the large columns.
        ignored: columns that are deliberately not carried over.
        version: the mapping's own version, stored with each item as ``cf_m``.
        model_version: ElectroDB's `model.version`.

    Raises:
        ConfigurationError: the declaration breaks a rule; the message names it.
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

    def __post_init__(self) -> None:
        check_table(
            Table(
                name=self.name,
                table=self.table,
                version=self.version,
                primary_key=self.primary_key,
                columns=self.columns,
                bodies=self.bodies,
                ignored=self.ignored,
            )
        )
        if not self.shapes:
            fail(self.name, "shapes", "is empty; declare how rows appear as items")
        by_attribute = {column.attribute: column for column in self.columns}
        check_shapes(KeyDeclaration(self.name, self.primary_key, by_attribute, self.entities))

    @cached_property
    def key_parts(self) -> tuple[KeyPart, ...]:
        """Return the parts of a ledger key: those of the primary key, then the others."""
        return key_parts(self.columns, self.primary_key, self.shapes)

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """Return the columns of `Key.parts`, in order."""
        return tuple(part.column for part in self.key_parts)

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        """Return the ElectroDB entities of the items, one per shape."""
        return tuple(
            self._entity(number, schema) for number, schema in enumerate(self.schemas(), 1)
        )

    def schemas(self) -> tuple[dict[str, Any], ...]:
        """Return each shape's schema in ElectroDB's JSON form."""
        return tuple(
            schema_json(self.service, self.model_version, shape, self.columns, self.bodies)
            for shape in self.shapes
        )

    def _entity(self, number: int, schema: dict[str, Any]) -> Entity:
        try:
            return Entity(schema, strict=True)
        except EntityError as error:
            fail(self.name, f"shape {number} ({schema['model']['entity']})", str(error))


def check_together(mappings: Sequence[Mapping]) -> None:
    """Check mappings to one DynamoDB table: no two of them may give two rows the same key.

    Raises:
        ConfigurationError: two mappings share a name, differ in key fields or may share a key.
    """
    for one, other in combinations(mappings, 2):
        pair = f"mappings {one.name} and {other.name}"
        if one.name == other.name:
            raise ConfigurationError(f"{pair}: have the same name; give one of them another name")
        if key_field_names(one.entities[0]) != key_field_names(other.entities[0]):
            raise ConfigurationError(
                f"{pair}: have different key fields; name the same ones, those of the table"
            )
        for first in one.entities:
            for second in other.entities:
                if not are_disjoint(first, second):
                    raise ConfigurationError(
                        f"{pair}: {first.schema.entity} and {second.schema.entity} may have the "
                        "same key; begin or end their keys with different literals"
                    )
