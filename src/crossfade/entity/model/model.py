"""The compiled schema of an entity: the values and functions that calls need, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.expressions.paths import walk
from crossfade.entity.expressions.references import References, Target, key_reader, root_targets
from crossfade.entity.keys.forms import IndexForm, KeyForm, compile_indexes
from crossfade.entity.keys.rendering import KeyValue, Render, Values, full_renderer, render_all
from crossfade.entity.model.attribute_codegen import ReadItem, item_reader
from crossfade.entity.model.strict import check_values
from crossfade.entity.schema.declarations import Attribute, Casing, IndexType, Type
from crossfade.entity.schema.schema import Schema
from crossfade.entity.values.transforms import Transform, is_stored_unchanged, reader, writer
from crossfade.entity.values.validation import Accept, acceptor
from crossfade.entity.values.watchers import Handlers, handlers


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The names of the fields that identify an item's entity and its version."""

    entity: str = "__edb_e__"
    version: str = "__edb_v__"


@dataclass(frozen=True)
class Model:
    """A schema and the values derived from it."""

    schema: Schema
    identifiers: Identifiers = Identifiers()
    strict: bool = False

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """Return the attributes by Python name, in JavaScript's property order."""
        return self.schema.attributes

    @cached_property
    def indexes(self) -> dict[str, IndexForm]:
        """Return every access pattern by name."""
        return compile_indexes(self.schema)

    @cached_property
    def table_index(self) -> IndexForm:
        """Return the access pattern of the table itself."""
        return next(form for form in self.indexes.values() if not form.index)

    @cached_property
    def secondary(self) -> tuple[IndexForm, ...]:
        """Return the secondary indexes with concatenated keys, in order of declaration."""
        return tuple(
            form
            for form in self.indexes.values()
            if form.index and form.type is not IndexType.COMPOSITE
        )

    @cached_property
    def identity(self) -> dict[str, str]:
        """Return the identifier fields of every item of this entity, with their values."""
        return {
            self.identifiers.entity: self.schema.entity,
            self.identifiers.version: self.schema.version,
        }

    @cached_property
    def flat_identity(self) -> tuple[str, str, str, str]:
        """Return `identity` as entity field, entity, version field, version."""
        fields = self.identifiers
        return fields.entity, self.schema.entity, fields.version, self.schema.version

    @cached_property
    def key_casings(self) -> dict[str, Casing]:
        """Return the declared letter case of every key field."""
        return {
            key.field: key.casing
            for index in self.schema.indexes.values()
            for key in (index.pk, index.sk)
            if key
        }

    @cached_property
    def targets(self) -> dict[str, Target]:
        """Return every root attribute as a target of callback references."""
        return root_targets(self.attributes, self.indexes, self.key_casings)

    @cached_property
    def references(self) -> References:
        """Return the first argument of `where` and `data` callbacks."""
        return References(self.targets)

    @cached_property
    def by_path(self) -> dict[str, Attribute]:
        """Return every attribute, including nested ones, by its path of wire names."""
        return dict(walk(self.attributes))

    @cached_property
    def wire_names(self) -> dict[str, str]:
        """Return the Python name of each root attribute by its wire name."""
        return {attribute.name: name for name, attribute in self.attributes.items()}

    @cached_property
    def names_by_field(self) -> dict[str, str]:
        """Return the Python name of each root attribute by its field."""
        return {attribute.field: name for name, attribute in self.attributes.items()}

    @cached_property
    def acceptors(self) -> dict[str, Accept]:
        """Return the acceptor of each root attribute in a put, which fills in defaults."""
        return {name: acceptor(a, a.name) for name, a in self.attributes.items()}

    @cached_property
    def value_acceptors(self) -> dict[str, Accept]:
        """Return the acceptor of each root attribute, without defaults."""
        return {n: acceptor(a, a.name, with_defaults=False) for n, a in self.attributes.items()}

    def check_given(self, given: Values) -> None:
        """Reject unknown names and values of the wrong type in strict mode."""
        if self.strict:
            check_values(self.value_acceptors, given)

    @cached_property
    def path_acceptors(self) -> dict[str, Accept]:
        """Return the acceptor of each path in an update."""
        return {path: acceptor(attribute, path) for path, attribute in self.by_path.items()}

    @cached_property
    def writers(self) -> dict[str, Transform]:
        """Return the writer of each root attribute: value to stored form."""
        return {name: writer(attribute) for name, attribute in self.attributes.items()}

    @cached_property
    def setters(self) -> Handlers:
        """Return the writers of all root attributes in ElectroDB's order of setters."""
        return handlers(self.attributes, self.writers, "set")

    @cached_property
    def path_writers(self) -> dict[str, Transform]:
        """Return the writer of each nested path."""
        return {
            path: writer(attribute)
            for path, attribute in self.by_path.items()
            if path not in self.wire_names
        }

    @cached_property
    def getters(self) -> Handlers:
        """Return the readers of all root attributes in ElectroDB's order of getters."""
        readers = {
            name: key_reader(reader(attribute), self.targets[name].key_text)
            for name, attribute in self.attributes.items()
        }
        return handlers(self.attributes, readers, "get")

    @cached_property
    def readers(self) -> dict[str, tuple[str, Transform | None]]:
        """Return each field's attribute name and reader; None if values are stored unchanged."""
        return {
            attribute.field: (
                name,
                self.getters.transforms[name]
                if self.targets[name].key_text.has_literals or not is_stored_unchanged(attribute)
                else None,
            )
            for name, attribute in self.attributes.items()
        }

    @cached_property
    def has_getters(self) -> bool:
        """Return whether reads call getters of the schema, which also get the siblings."""
        return any(attribute.get is not None for attribute in self.by_path.values())

    @cached_property
    def read_item(self) -> ReadItem:
        """Return the function that reads an item's attributes, except hidden and unknown ones."""
        if self.has_getters:
            return self._read_with_getters
        return item_reader(self.readers, self.nullable)

    def _read_with_getters(self, item: Mapping[str, Any]) -> dict[str, Any]:
        names = self.names_by_field
        values = {names[field]: value for field, value in item.items() if field in names}
        read = self.getters.apply(values)
        return {
            name: value
            for name, value in read.items()
            if (value is not None or name in self.nullable) and not self.attributes[name].hidden
        }

    @cached_property
    def nullable(self) -> frozenset[str]:
        """Return the attributes that may be NULL: those of `Type.ANY` that are not hidden."""
        return frozenset(
            name for name, a in self.attributes.items() if a.type is Type.ANY and not a.hidden
        )

    @cached_property
    def read_only(self) -> frozenset[str]:
        """Return the attributes that updates must not change: read-only, or in the table's key."""
        declared = {name for name, attribute in self.attributes.items() if attribute.read_only}
        return frozenset(declared | set(self.table_index.composites))

    @cached_property
    def table_fields(self) -> tuple[str, ...]:
        """Return the key fields of the table itself."""
        return tuple(key.field for key in self.table_index.keys)

    @cached_property
    def composite_uses(self) -> dict[str, tuple[tuple[IndexForm, str], ...]]:
        """Return each composite's indexes and key kinds, ``pk`` or ``sk``, in order of mention."""
        uses: dict[str, list[tuple[IndexForm, str]]] = {}
        for form in self.indexes.values():
            for kind, key in zip(("pk", "sk"), form.keys, strict=False):
                for name in key.names:
                    uses.setdefault(name, []).append((form, kind))
        return {name: tuple(found) for name, found in uses.items()}

    @cached_property
    def table_renderers(self) -> tuple[tuple[str, Render], ...]:
        """Return the table's key fields and their renderers."""
        return _renderers(self.table_index.keys)

    @cached_property
    def secondary_renderers(self) -> tuple[tuple[_Condition, tuple[tuple[str, Render], ...]], ...]:
        """Return each secondary index that puts can write: condition, key fields and renderers."""
        return tuple(
            (form.condition or _always, _renderers(form.keys))
            for form in self.secondary
            if form.composites
        )

    def table_key(self, values: Values) -> dict[str, KeyValue]:
        """Return the table's key of an item with these values.

        Raises:
            EntityError: 2002 when a composite is absent.
        """
        key = render_all(self.table_renderers, values)
        if key is None or len(key) < len(self.table_renderers):
            raise incomplete(self.table_index, self.table_index.composites, values)
        return key

    def key_fields(self, values: Values) -> dict[str, KeyValue]:
        """Return every key field that a put writes: the table's, and those of complete indexes.

        Raises:
            EntityError: 2002 when a composite of the table's key is absent.
        """
        written = self.table_key(values)
        for condition, renderers in self.secondary_renderers:
            keys = render_all(renderers, values)
            if keys is not None and condition(values):
                written.update(keys)
        return written


_Condition = Callable[[Mapping[str, Any]], Any]


def _always(_values: Mapping[str, Any]) -> bool:
    return True


def _renderers(keys: tuple[KeyForm, ...]) -> tuple[tuple[str, Render], ...]:
    return tuple((key.field, full_renderer(key)) for key in keys)


def incomplete(index: IndexForm, names: tuple[str, ...], values: Values) -> EntityError:
    """Return the error for missing composites of an index."""
    missing = [name for name in dict.fromkeys(names) if values.get(name) in (None, "")]
    return EntityError(
        Code.INCOMPLETE_COMPOSITE_ATTRIBUTES,
        f"{index.name}: the key needs {', '.join(missing)}; give a value for each",
    )
