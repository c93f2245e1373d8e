"""The items that put, create and batch put store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.entity.declarations import Attribute, Type
from crossfade.entity.errors import refused
from crossfade.entity.index_writes import put_keys
from crossfade.entity.keys import Values, full_renderer, render_all
from crossfade.entity.model import Model, incomplete
from crossfade.entity.transforms import Transform, is_plain
from crossfade.entity.validation import SET_KINDS, Accept, Faults, raise_faults, sure_kind

# An attribute's name; the class whose values need no check, if any; the check of all other values;
# what is stored for an accepted value, unless it is the value itself or setters run later.
_Slot = tuple[str, type, Accept, Transform | None]


class PutPlan:
    """How an entity's items are made, worked out once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known = frozenset(model.attributes)
        self._nullable = frozenset(n for n, a in model.attributes.items() if a.type is Type.ANY)
        self._sets = tuple(n for n, a in model.attributes.items() if a.type is Type.SET)
        self._simple = not any(_has_handlers(a) for a in model.attributes.values())
        self._slots = tuple(_slot(model, name, writes=self._simple) for name in model.attributes)
        self._fields = {
            name: attribute.field
            for name, attribute in model.attributes.items()
            if attribute.field != name
        }
        self._table = model.table_renderers
        self._secondary = tuple(
            (form.composites, tuple((key.field, full_renderer(key)) for key in form.keys))
            for form in model.secondary
            if form.condition is None and form.composites
        )
        self._conditional = any(form.condition is not None for form in model.secondary)
        self._identity = dict(model.identity)

    def item(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The item that these values become.

        Raises:
            EntityError: 3001 for a wrong value, 2002 and 2012 for a key that lacks composites.
        """
        values = self.accepted(given)
        known = values
        if not self._simple:
            values = {
                name: value
                for name, value in self._model.setters.apply(values).items()
                if value is not None or self._is_null(name, given)
            }
        keys = self._keys(values, known)
        item = self._named_by_field(values)
        item.update(keys)
        item.update(self._identity)
        return item

    def accepted(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values checked, with defaults; absent ones are left out unless setters may see them.

        Raises:
            EntityError: 3001 for a wrong value; 2002 when the table's key lacks composites.
        """
        if self._model.strict:
            self._check_strictly(given)
        values: dict[str, Any] = {}
        faults: Faults = []
        for name, kind, accept, write in self._slots:
            value = given.get(name)
            if value.__class__ is kind:
                values[name] = value
                continue
            if value is None and self._is_null(name, given):
                values[name] = None
                continue
            value = accept(value, faults)
            if faults:
                raise_faults(faults)
            if write is not None and value is not None:
                value = write(value, given)
            if value is not None or not self._simple:
                values[name] = value
        return values

    def _keys(self, values: Values, known: Values) -> dict[str, Any]:
        """The key fields; indexes that are complete or untouched are done here, others in full."""
        keys = render_all(self._table, values)
        table = self._model.table_index
        lacking = known is not values and any(known.get(name) is None for name in table.composites)
        if keys is None or lacking:
            raise incomplete(table, table.composites, known)
        if self._conditional:
            return self._all_keys(values, known)
        for names, renderers in self._secondary:
            index_keys = render_all(renderers, values)
            if index_keys is not None:
                keys.update(index_keys)
            elif any(values.get(name) is not None for name in names):
                return self._all_keys(values, known)
        return keys

    def _all_keys(self, values: Values, known: Values) -> dict[str, Any]:
        composites = {name: known.get(name) for name in self._model.table_index.composites}
        return dict(put_keys(self._model, values, composites).set_fields)

    def _is_null(self, name: str, given: Mapping[str, Any]) -> bool:
        """Whether an attribute of any type was given as None, which is stored as NULL."""
        return name in self._nullable and name in given and given[name] is None

    def _named_by_field(self, values: dict[str, Any]) -> dict[str, Any]:
        if not self._fields:
            return values
        fields = self._fields
        return {fields.get(name, name): value for name, value in values.items()}

    def _check_strictly(self, given: Mapping[str, Any]) -> None:
        """Refuse unknown names and empty sets."""
        unknown = given.keys() - self._known
        if unknown:
            raise refused(", ".join(sorted(unknown)), "is not in the schema; check the spelling")
        for name in self._sets:
            value = given.get(name)
            if isinstance(value, SET_KINDS) and not value:
                raise refused(name, "is an empty set, which DynamoDB does not store; leave it out")


def _slot(model: Model, name: str, *, writes: bool) -> _Slot:
    attribute = model.attributes[name]
    write = model.writers[name] if writes and not is_plain(attribute) else None
    return name, sure_kind(attribute), model.acceptors[name], write


def _has_handlers(attribute: Attribute) -> bool:
    children = [*attribute.properties.values(), *([attribute.items] if attribute.items else [])]
    return attribute.set is not None or any(map(_has_handlers, children))
