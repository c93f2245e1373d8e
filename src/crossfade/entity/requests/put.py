"""The items that put, create and batch put write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.entity.errors import invalid_value
from crossfade.entity.keys.rendering import Values, render_all
from crossfade.entity.model.model import Model, incomplete
from crossfade.entity.model.put_codegen import MakeItem, generate_put
from crossfade.entity.requests.index_writes import put_keys
from crossfade.entity.schema.declarations import Attribute, Type
from crossfade.entity.values.validation import SET_KINDS, Faults, raise_faults


def item_maker(model: Model) -> MakeItem:
    """Return the function that builds items: generated code, unless setters or conditions apply."""
    general = GeneralPut(model).item
    has_conditions = any(form.condition is not None for form in model.secondary)
    if has_conditions or any(map(_has_setters, model.attributes.values())):
        return general
    return generate_put(model, general)


def _has_setters(attribute: Attribute) -> bool:
    children = [*attribute.properties.values(), *([attribute.items] if attribute.items else [])]
    return attribute.set is not None or any(map(_has_setters, children))


class GeneralPut:
    """The general construction of items, which supports every schema and value."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._sets = tuple(n for n, a in model.attributes.items() if a.type is Type.SET)

    def item(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the item to store for these values.

        Raises:
            EntityError: 3001 for a wrong value, 2002 or 2012 for a key that lacks composites.
        """
        if self._model.strict:
            self._check_strictly(given)
        known = self._accepted(given)
        values = {
            name: value
            for name, value in self._model.setters.apply(known).items()
            if value is not None or self._is_null(name, given)
        }
        keys = self._keys(values, known)
        fields = {self._model.attributes[name].field: value for name, value in values.items()}
        return {**fields, **keys, **self._model.identity}

    def _accepted(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the validated values of all attributes, with defaults; None for absent ones."""
        values: dict[str, Any] = {}
        for name, accept in self._model.acceptors.items():
            faults: Faults = []
            value = given.get(name)
            values[name] = None if self._is_null(name, given) else accept(value, faults)
            raise_faults(faults)
        return values

    def _keys(self, values: Values, known: Values) -> dict[str, Any]:
        table = self._model.table_index
        composites = {name: known.get(name) for name in table.composites}
        rendered = render_all(self._model.table_renderers, values)
        if rendered is None or None in composites.values():
            raise incomplete(table, table.composites, known)
        return put_keys(self._model, values, composites).set_fields

    def _is_null(self, name: str, given: Mapping[str, Any]) -> bool:
        """Return whether an attribute of `Type.ANY` was given as None, which is stored as NULL."""
        is_any = self._model.attributes[name].type is Type.ANY
        return is_any and name in given and given[name] is None

    def _check_strictly(self, given: Mapping[str, Any]) -> None:
        """Reject unknown names and empty sets.

        Raises:
            EntityError: 3001.
        """
        unknown = given.keys() - self._model.attributes.keys()
        if unknown:
            raise invalid_value(
                ", ".join(sorted(unknown)), "is not in the schema; check the spelling"
            )
        for name in self._sets:
            value = given.get(name)
            if isinstance(value, SET_KINDS) and not value:
                raise invalid_value(name, "is an empty set, which DynamoDB cannot store; omit it")
