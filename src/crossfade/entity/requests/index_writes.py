"""The index keys that a write sets or removes.

The *kind* of a key is ``pk`` or ``sk``. A key is touched if one of its composites is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.keys.rendering import KeyValue, Values, cased, render
from crossfade.entity.model.model import Model
from crossfade.entity.schema.declarations import IndexType


@dataclass(slots=True)
class Impact:
    """The effect of a write on the indexes.

    Attributes:
        touched: the kinds of the touched keys of each access pattern, in order of mention.
        complete: the access patterns whose touched keys have all composites written.
        conditions: the results of the conditions of secondary indexes.
    """

    touched: dict[str, list[str]] = field(default_factory=dict)
    complete: list[str] = field(default_factory=list)
    conditions: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class KeyWrites:
    """The key fields to set and those to remove."""

    set_fields: dict[str, KeyValue] = field(default_factory=dict)
    remove_fields: list[str] = field(default_factory=list)


def put_keys(model: Model, written: Values, known: Values) -> KeyWrites:
    """Return the key fields of put, create and upsert, including those of the table.

    Args:
        model: the entity.
        written: the values after setters; for upsert, only those of `set`.
        known: the table's composites as the caller gave them.

    Raises:
        EntityError: 2002 or 2012 for missing composites.
    """
    impact = impact_of(model, written, known)
    values = {**known, **written}
    writes = KeyWrites(remove_fields=_fields_to_remove(model, impact))
    for name in (*impact.complete, model.table_index.name):
        form = model.indexes[name]
        if form.condition is None or form.condition(values):
            _check_complete(model, form, values)
            for key in form.keys:
                rendered = render(key, values)
                if rendered is not None and rendered != "":
                    writes.set_fields[key.field] = rendered
    return writes


def update_keys(model: Model, written: Values, removed: Values, known: KnownValues) -> KeyWrites:
    """Return the key fields of update and patch, except those of the table.

    Args:
        model: the entity.
        written: the changed values after setters.
        removed: the attributes that are removed.
        known: the values that the update does not change.

    Raises:
        EntityError: 2002 or 2012 for missing composites.
    """
    impact = impact_of(model, written, known.all, with_known=True)
    dropped = impact_of(model, removed, known.table, with_conditions=False)
    values = {**known.composites, **written, **known.table}
    writes = KeyWrites(remove_fields=_fields_to_remove(model, impact))
    for name, kinds in dropped.touched.items():
        form = model.indexes[name]
        keys = dict(zip(("pk", "sk"), form.keys, strict=False))
        writes.remove_fields += [keys[kind].field for kind in kinds if keys[kind].field]
    for name, kinds in impact.touched.items():
        form = model.indexes[name]
        if not form.index or form.type is IndexType.COMPOSITE or not impact.conditions.get(name):
            continue
        rendered = {key.field: render(key, values) for key in form.keys}
        for key in _keys_of(form, kinds):
            value = rendered[key.field]
            if value or (model.strict and value == 0):
                writes.set_fields[key.field] = value
        if form.sk and not form.sk.names:
            writes.set_fields[form.sk.field] = _constant(form.sk)
    return writes


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Values that an update does not change: the table's composites, and those of `composite`."""

    table: Mapping[str, Any]
    composites: Mapping[str, Any]

    @property
    def all(self) -> dict[str, Any]:
        """Return both."""
        return {**self.composites, **self.table}


def _constant(key: KeyForm) -> str:
    """Return a sort key without composites."""
    literals = "".join(part.literal for part in key.parts)
    return cased(f"{key.prefix}{literals}{key.postfix}", key.casing)


def _keys_of(form: IndexForm, kinds: list[str]) -> list[KeyForm]:
    return [key for kind, key in zip(("pk", "sk"), form.keys, strict=False) if kind in kinds]


def _fields_to_remove(model: Model, impact: Impact) -> list[str]:
    """Return the key fields of the indexes whose condition is false."""
    return [
        key.field
        for name, is_true in impact.conditions.items()
        if not is_true
        for key in model.indexes[name].keys
    ]


def _check_complete(model: Model, form: IndexForm, values: Values) -> None:
    """Reject an incomplete index key in strict mode.

    Raises:
        EntityError: 2012.
    """
    missing = [name for name in form.composites if values.get(name) is None]
    if missing and model.strict:
        raise EntityError(
            Code.INCOMPLETE_INDEX_COMPOSITES_ATTRIBUTES_PROVIDED,
            f"{form.name}: the index key would be incomplete; also give {', '.join(missing)}",
        )


def impact_of(
    model: Model,
    written: Values,
    known: Values,
    *,
    with_known: bool = False,
    with_conditions: bool = True,
) -> Impact:
    """Return the effect of a write on the indexes.

    Args:
        model: the entity.
        written: the values that change.
        known: further values, which complete a key but do not touch it.
        with_known: whether known values touch the keys of an index with a condition too.
        with_conditions: whether to evaluate conditions.

    Raises:
        EntityError: 2002 if a touched key lacks composites, 2012 if its index has a condition.
    """
    present = _touching(model, written)
    if with_known:
        _add_known(model, known, present)
    impact = Impact({name: list(kinds) for name, kinds in present.items()})
    missing_composites: dict[str, list[str]] = {}
    for form in model.indexes.values():
        if form.type is IndexType.COMPOSITE:
            continue
        missing = _missing(form, present.get(form.name, {}), known)
        if form.name in present and _is_complete(form, present[form.name]):
            impact.complete.append(form.name)
        if not form.index or form.condition is None or not with_conditions:
            missing_composites[form.name] = missing
            impact.conditions[form.name] = True
        elif _concerns_condition(form, written, known):
            _check_condition_values(form, written, known, missing)
            impact.conditions[form.name] = bool(form.condition({**written, **known}))
        else:
            missing_composites[form.name] = missing
    _raise_missing(missing_composites)
    return impact


def _touching(model: Model, written: Values) -> dict[str, dict[str, list[str]]]:
    present: dict[str, dict[str, list[str]]] = {}
    for name, uses in model.composite_uses.items():
        if written.get(name) is not None:
            for form, kind in uses:
                if form.type is not IndexType.COMPOSITE:
                    present.setdefault(form.name, {}).setdefault(kind, []).append(name)
    return present


def _add_known(model: Model, known: Values, present: dict[str, dict[str, list[str]]]) -> None:
    """Count a key of an index with a condition as touched if known values complete it."""
    for form in model.secondary:
        if form.condition is None:
            continue
        for kind, key in zip(("pk", "sk"), form.keys, strict=False):
            if key.names and all(known.get(name) is not None for name in key.names):
                present.setdefault(form.name, {})[kind] = list(key.names)


def _missing(form: IndexForm, present: dict[str, list[str]], known: Values) -> list[str]:
    return [
        name
        for kind, key in zip(("pk", "sk"), form.keys, strict=False)
        if kind in present
        for name in key.names
        if name not in present[kind] and known.get(name) is None
    ]


def _is_complete(form: IndexForm, present: dict[str, list[str]]) -> bool:
    return all(
        kind not in present or len(present[kind]) == len(key.names)
        for kind, key in zip(("pk", "sk"), form.keys, strict=False)
    )


def _concerns_condition(form: IndexForm, written: Values, known: Values) -> bool:
    return any(written.get(name) is not None for name in form.composites) or all(
        known.get(name) is not None for name in form.composites
    )


def _check_condition_values(
    form: IndexForm, written: Values, known: Values, missing: list[str]
) -> None:
    absent = [
        name
        for name in form.composites
        if (written.get(name) is None and known.get(name) is None) or name in missing
    ]
    if absent:
        raise EntityError(
            Code.INCOMPLETE_INDEX_COMPOSITES_ATTRIBUTES_PROVIDED,
            f"{form.name} has a condition, so a write that touches it needs all of its composites; "
            f"also give {', '.join(absent)}",
        )


def _raise_missing(missing_composites: dict[str, list[str]]) -> None:
    patterns = {name: missing for name, missing in missing_composites.items() if missing}
    if patterns:
        names = ", ".join(dict.fromkeys(n for missing in patterns.values() for n in missing))
        raise EntityError(
            Code.INCOMPLETE_COMPOSITE_ATTRIBUTES,
            f"{', '.join(patterns)}: the index key also needs {names}; give them with the change, "
            "or with composite() if they do not change",
        )
