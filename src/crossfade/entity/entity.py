"""Entities: one kind of item in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.entity.keyforms import IndexForm
from crossfade.entity.keys import KeyValue
from crossfade.entity.model import Identifiers, Model
from crossfade.entity.schema import Schema


class Entity:
    """One kind of item in a table.

    Args:
        schema: the schema, or ElectroDB's JSON form of one.
        table: the table's name; the schema's unless given.
        identifiers: the fields that say which entity an item is.
        strict: refuse what ElectroDB does but nobody wants, such as unfinished index keys.
    """

    def __init__(
        self,
        schema: Schema | Mapping[str, Any],
        *,
        table: str | None = None,
        identifiers: Identifiers | None = None,
        strict: bool = False,
    ) -> None:
        self.schema = schema if isinstance(schema, Schema) else Schema.from_json(schema)
        self.table = table or self.schema.table
        self.model = Model(self.schema, identifiers or Identifiers(), strict)

    @property
    def indexes(self) -> Mapping[str, IndexForm]:
        """The access patterns by name."""
        return self.model.indexes

    @property
    def identifiers(self) -> Mapping[str, str]:
        """The fields, with their values, that say which entity an item is."""
        return self.model.identity

    def table_key(self, values: Mapping[str, Any]) -> dict[str, KeyValue]:
        """The table's key of an item with these attributes; None is absent.

        Raises:
            EntityError: 2002 when a composite is absent.
        """
        return self.model.table_key(values)

    def key_fields(self, values: Mapping[str, Any]) -> dict[str, KeyValue]:
        """Every key field of an item with these attributes: the table's and complete indexes'.

        Raises:
            EntityError: 2002 when a composite of the table's key is absent.
        """
        return self.model.key_fields(values)
