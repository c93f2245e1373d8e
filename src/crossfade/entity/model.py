"""A schema compiled for use: everything that calls need, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crossfade.entity.declarations import Attribute, IndexType
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keyforms import IndexForm, KeyForm, compile_indexes
from crossfade.entity.keys import KeyValue, Render, Values, full_renderer
from crossfade.entity.schema import Schema


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The fields that say which entity an item is."""

    entity: str = "__edb_e__"
    version: str = "__edb_v__"


@dataclass(frozen=True)
class Model:
    """A schema and what follows from it."""

    schema: Schema
    identifiers: Identifiers = Identifiers()
    strict: bool = False

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes by Python name, in JavaScript's order."""
        return self.schema.attributes

    @cached_property
    def indexes(self) -> dict[str, IndexForm]:
        """Every access pattern by name."""
        return compile_indexes(self.schema)

    @cached_property
    def table_index(self) -> IndexForm:
        """The access pattern that is the table itself."""
        return next(form for form in self.indexes.values() if not form.index)

    @cached_property
    def secondary(self) -> tuple[IndexForm, ...]:
        """The secondary indexes whose keys are concatenated, in order of declaration."""
        return tuple(
            form
            for form in self.indexes.values()
            if form.index and form.type is not IndexType.COMPOSITE
        )

    @cached_property
    def identity(self) -> dict[str, str]:
        """The identifier fields that every item of this entity carries."""
        return {
            self.identifiers.entity: self.schema.entity,
            self.identifiers.version: self.schema.version,
        }

    @cached_property
    def table_renderers(self) -> tuple[tuple[str, Render], ...]:
        """The table's key fields and what renders them."""
        return _renderers(self.table_index.keys)

    @cached_property
    def secondary_renderers(self) -> tuple[tuple[_Condition, tuple[tuple[str, Render], ...]], ...]:
        """Each secondary index that a put can write: its condition, key fields and renderers."""
        return tuple(
            (form.condition or _always, _renderers(form.keys))
            for form in self.secondary
            if form.composites
        )

    def table_key(self, values: Values) -> dict[str, KeyValue]:
        """The table's key of an item with these values.

        Raises:
            EntityError: 2002 when a composite is absent.
        """
        key: dict[str, KeyValue] = {}
        for field, renderer in self.table_renderers:
            text = renderer(values)
            if text is None:
                raise incomplete(self.table_index, self.table_index.composites, values)
            key[field] = text
        return key

    def key_fields(self, values: Values) -> dict[str, KeyValue]:
        """Every key field that a put writes: the table's, and those of complete indexes.

        Raises:
            EntityError: 2002 when a composite of the table's key is absent.
        """
        written = self.table_key(values)
        for condition, renderers in self.secondary_renderers:
            keys = [(field, renderer(values)) for field, renderer in renderers]
            if all(text is not None for _, text in keys) and condition(values):
                written.update((field, text) for field, text in keys if text not in (None, ""))
        return written


_Condition = Callable[[Mapping[str, Any]], Any]


def _always(_values: Mapping[str, Any]) -> bool:
    return True


def _renderers(keys: tuple[KeyForm, ...]) -> tuple[tuple[str, Render], ...]:
    return tuple((key.field, full_renderer(key)) for key in keys)


def incomplete(index: IndexForm, names: tuple[str, ...], values: Values) -> EntityError:
    """The error for composites that are needed and absent."""
    missing = [name for name in dict.fromkeys(names) if values.get(name) is None]
    return EntityError(
        Code.INCOMPLETE_COMPOSITE_ATTRIBUTES,
        f"{index.name}: the key needs {', '.join(missing)}; give a value for each",
    )
