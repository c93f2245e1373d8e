"""What a user declares once per table; everything else is derived from these values.

A mapping names the table, its columns and the shapes its rows take as items. From it come the
capture triggers, the statements that read rows, the codec in both directions, the ElectroDB schema
and the labels of every report.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from crossfade.mapping.key_parts import KeyCase, KeyPart, key_parts
from crossfade.mapping.parts import Body, Column, Rule, Shape

__all__ = ["Body", "Column", "KeyCase", "KeyPart", "Mapping", "Rule", "Shape"]


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

    @cached_property
    def key_parts(self) -> tuple[KeyPart, ...]:
        """The parts of a ledger key: the primary key's columns, then the other key columns."""
        return key_parts(self.columns, self.primary_key, self.shapes)

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of `Key.parts`, in order."""
        return tuple(part.column for part in self.key_parts)
