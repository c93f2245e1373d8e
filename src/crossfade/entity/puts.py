"""The items that put, create and batch put store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.declarations import Attribute, Type
from crossfade.entity.errors import refused
from crossfade.entity.index_writes import put_keys
from crossfade.entity.keys import Render, Values, full_renderer
from crossfade.entity.model import Model, incomplete
from crossfade.entity.transforms import Transform, is_plain
from crossfade.entity.validation import SET_KINDS, Accept, Faults, raise_faults

_KINDS: dict[Type, type] = {Type.STRING: str, Type.NUMBER: int, Type.BOOLEAN: bool}


@dataclass(frozen=True, slots=True)
class _Slot:
    """One attribute of a put.

    Args:
        name: its Python name.
        kind: the class whose values need no further check; None when there is none.
        accept: the check of all other values.
        write: what is stored for an accepted value; None when it is stored as it is.
    """

    name: str
    kind: type | None
    accept: Accept
    write: Transform | None


class PutPlan:
    """How an entity's items are made, worked out once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._slots = tuple(
            (slot.name, slot.kind, slot.accept, slot.write)
            for slot in (_slot(model, name) for name in model.attributes)
        )
        self._known = frozenset(model.attributes)
        self._nullable = frozenset(n for n, a in model.attributes.items() if a.type is Type.ANY)
        self._sets = tuple(n for n, a in model.attributes.items() if a.type is Type.SET)
        self._simple = not any(_has_handlers(a) for a in model.attributes.values())
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
        item = {**self._named_by_field(values), **keys}
        item.update(self._identity)
        return item

    def accepted(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values checked, with defaults; absent ones are left out unless setters may see them.

        Raises:
            EntityError: 3001 for a wrong value; 2002 when the table's key lacks composites.
        """
        if self._model.strict:
            self._check_strictly(given)
        simple = self._simple
        values: dict[str, Any] = {}
        for name, kind, accept, write in self._slots:
            value = given.get(name)
            if value.__class__ is not kind and not (value is None and self._is_null(name, given)):
                faults: Faults = []
                value = accept(value, faults)
                if faults:
                    raise_faults(faults)
                if value is None and simple:
                    continue
                if write is not None and simple:
                    value = write(value, given)
            values[name] = value
        return values

    def _keys(self, values: Values, known: Values) -> dict[str, Any]:
        index = self._model.table_index
        table_values = {name: known.get(name) for name in index.composites}
        if None in table_values.values():
            raise incomplete(index, index.composites, known)
        if self._conditional:
            return dict(put_keys(self._model, values, table_values).set_fields)
        keys: dict[str, Any] = {}
        for names, renderers in ((index.composites, self._table), *self._secondary):
            present = sum([values.get(name) is not None for name in names])
            if present == len(names):
                _render_all(renderers, values, keys)
            elif present:
                return dict(put_keys(self._model, values, table_values).set_fields)
        return keys

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


def _render_all(
    renderers: tuple[tuple[str, Render], ...], values: Values, keys: dict[str, Any]
) -> None:
    for field, renderer in renderers:
        text = renderer(values)
        if text is not None and text != "":
            keys[field] = text


def _slot(model: Model, name: str) -> _Slot:
    attribute = model.attributes[name]
    return _Slot(
        name=name,
        kind=None if attribute.validate else _KINDS.get(attribute.type, _NoValue),
        accept=model.acceptors[name],
        write=None if is_plain(attribute) else model.writers[name],
    )


class _NoValue:
    """The class of no value at all."""


def _has_handlers(attribute: Attribute) -> bool:
    children = [*attribute.properties.values(), *([attribute.items] if attribute.items else [])]
    return attribute.set is not None or any(map(_has_handlers, children))
