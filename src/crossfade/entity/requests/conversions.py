"""Conversion between composites and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.keys.rendering import complete, key_pattern, read_key, render
from crossfade.entity.model.model import Model, incomplete
from crossfade.entity.schema.declarations import IndexType


def key_from_composites(
    model: Model,
    index: IndexForm,
    given: Mapping[str, Any],
    *,
    complete_pk: bool = True,
    complete_sk: bool = True,
) -> dict[str, Any]:
    """Return the key fields of one index, each rendered up to the first absent composite.

    Raises:
        EntityError: 2002 if a key that must be complete lacks composites.
    """
    for key, must_be_complete in zip(index.keys, (complete_pk, complete_sk), strict=False):
        if must_be_complete and not complete(key, given):
            raise incomplete(index, key.names, given)
    if index.type is IndexType.COMPOSITE:
        fields = {name: model.attributes[name].field for name in index.composites}
        return {
            fields[name]: given[name] for name in index.composites if given.get(name) is not None
        }
    rendered = {key.field: render(key, given) for key in index.keys}
    return {field: value for field, value in rendered.items() if value is not None}


def composites_from_key(
    model: Model, index: IndexForm, key: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the composites in an index's key fields; None if a key is not of its form."""
    found: dict[str, Any] = {}
    for form in index.keys:
        value = key.get(form.field)
        read = None if value is None else _read(model, form, value)
        if read is None:
            return None
        found.update({name: value for name, value in read.items() if value is not None})
    return found


def _read(model: Model, form: KeyForm, value: Any) -> dict[str, Any] | None:
    return read_key(form, key_pattern(form), value, model.attributes)


def composites_from_keys(model: Model, index: IndexForm, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the composites in the key fields of an index and of the table.

    Raises:
        EntityError: 2007 if the fields of the index are missing or of another form.
    """
    if index.type is IndexType.COMPOSITE:
        found: dict[str, Any] | None = {
            name: keys[model.attributes[name].field]
            for name in index.composites
            if model.attributes[name].field in keys
        }
    else:
        found = composites_from_key(model, index, keys)
    if found is None:
        raise EntityError(
            Code.INVALID_CONVERSION_KEYS_PROVIDED,
            f"the keys are not those of {index.name}; give all of its key fields",
        )
    table = composites_from_key(model, model.table_index, keys) if index.index else {}
    if table is None:
        return found
    combined = {**found, **table}
    if not combined:
        raise EntityError(
            Code.INVALID_CONVERSION_KEYS_PROVIDED, f"the keys of {index.name} contain no attributes"
        )
    return combined


def item_from_key(model: Model, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the table's composites in a key; None if it is not a key of this entity."""
    found = composites_from_key(model, model.table_index, key)
    if found is None or any(found.get(name) is None for name in model.table_index.composites):
        return None
    return found
