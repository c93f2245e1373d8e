"""Which index keys a write sets or removes.

A key's *side* is its ``pk`` or ``sk``; a side is touched when one of its composites is written.
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
    """What a write does to the indexes.

    Args:
        sides: the touched sides of each access pattern, in order of first mention.
        complete: the access patterns whose touched sides have all their composites written.
        conditions: what the conditions of secondary indexes gave.
    """

    sides: dict[str, list[str]] = field(default_factory=dict)
    complete: list[str] = field(default_factory=list)
    conditions: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class KeyWrites:
    """The key fields to set and those to remove."""

    set_fields: dict[str, KeyValue] = field(default_factory=dict)
    remove_fields: list[str] = field(default_factory=list)


def put_keys(model: Model, written: Values, known: Values) -> KeyWrites:
    """The key fields of put, create and upsert; the table's own are among those to set.

    Args:
        model: the entity.
        written: the values after setters, of plain sets only.
        known: the table's composites as the caller gave them.
    """
    impact = impact_of(model, written, known)
    values = {**known, **written}
    writes = KeyWrites(remove_fields=_refused_fields(model, impact))
    for name in (*impact.complete, model.table_index.name):
        form = model.indexes[name]
        if form.condition is None or form.condition(values):
            _check_both_sides(model, form, values)
            for key in form.keys:
                rendered = render(key, values)
                if rendered is not None and rendered != "":
                    writes.set_fields[key.field] = rendered
    return writes


def update_keys(model: Model, written: Values, removed: Values, known: KnownValues) -> KeyWrites:
    """The key fields of update and patch, without the table's own.

    Args:
        model: the entity.
        written: the changed values after setters.
        removed: the attributes that are removed.
        known: what the caller says about the rest.
    """
    impact = impact_of(model, written, known.all, included_only=True)
    dropped = impact_of(model, removed, known.table, with_conditions=False)
    values = {**known.composites, **written, **known.table}
    writes = KeyWrites(remove_fields=_refused_fields(model, impact))
    for name, sides in dropped.sides.items():
        form = model.indexes[name]
        keys = dict(zip(("pk", "sk"), form.keys, strict=False))
        writes.remove_fields += [keys[side].field for side in sides if keys[side].field]
    for name, sides in impact.sides.items():
        form = model.indexes[name]
        if not form.index or form.type is IndexType.COMPOSITE or not impact.conditions.get(name):
            continue
        rendered = {key.field: render(key, values) for key in form.keys}
        for key in _sides(form, sides):
            value = rendered[key.field]
            if value or (model.strict and value == 0):
                writes.set_fields[key.field] = value
        if form.sk and not form.sk.names:
            writes.set_fields[form.sk.field] = _constant(form.sk)
    return writes


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Values that an update does not change: the table's composites, and `composite` ones."""

    table: Mapping[str, Any]
    composites: Mapping[str, Any]

    @property
    def all(self) -> dict[str, Any]:
        """Both together."""
        return {**self.composites, **self.table}


def _constant(key: KeyForm) -> str:
    """A sort key without composites."""
    literals = "".join(part.literal for part in key.parts)
    return cased(f"{key.prefix}{literals}{key.postfix}", key.casing)


def _sides(form: IndexForm, sides: list[str]) -> list[KeyForm]:
    return [key for side, key in zip(("pk", "sk"), form.keys, strict=False) if side in sides]


def _refused_fields(model: Model, impact: Impact) -> list[str]:
    """The key fields of indexes whose condition does not hold."""
    return [
        key.field
        for name, holds in impact.conditions.items()
        if not holds
        for key in model.indexes[name].keys
    ]


def _check_both_sides(model: Model, form: IndexForm, values: Values) -> None:
    """In strict mode no index gets an unfinished key."""
    missing = [name for name in form.composites if values.get(name) is None]
    if missing and model.strict:
        raise EntityError(
            Code.INCOMPLETE_INDEX_COMPOSITES_ATTRIBUTES_PROVIDED,
            f"{form.name}: the index would get an unfinished key; also give {', '.join(missing)}",
        )


def impact_of(
    model: Model,
    written: Values,
    known: Values,
    *,
    included_only: bool = False,
    with_conditions: bool = True,
) -> Impact:
    """Which indexes a write touches.

    Args:
        model: the entity.
        written: the values that change.
        known: further values, which complete a key but do not touch it.
        included_only: an index with a condition is touched by known values too.
        with_conditions: evaluate conditions.

    Raises:
        EntityError: 2002 when a touched side lacks composites, 2012 when one with a condition does.
    """
    present = _touching(model, written)
    if included_only:
        _include(model, known, present)
    impact = Impact({name: list(sides) for name, sides in present.items()})
    lacking: dict[str, list[str]] = {}
    for form in model.indexes.values():
        if form.type is IndexType.COMPOSITE:
            continue
        missing = _missing(form, present.get(form.name, {}), known)
        if form.name in present and _is_complete(form, present[form.name]):
            impact.complete.append(form.name)
        if not form.index or form.condition is None or not with_conditions:
            lacking[form.name] = missing
            impact.conditions[form.name] = True
        elif _concerns_condition(form, written, known):
            _check_condition_values(form, written, known, missing)
            impact.conditions[form.name] = bool(form.condition({**written, **known}))
        else:
            lacking[form.name] = missing
    _raise_lacking(lacking)
    return impact


def _touching(model: Model, written: Values) -> dict[str, dict[str, list[str]]]:
    present: dict[str, dict[str, list[str]]] = {}
    for name, uses in model.composite_uses.items():
        if written.get(name) is not None:
            for form, side in uses:
                if form.type is not IndexType.COMPOSITE:
                    present.setdefault(form.name, {}).setdefault(side, []).append(name)
    return present


def _include(model: Model, known: Values, present: dict[str, dict[str, list[str]]]) -> None:
    """An index with a condition counts as touched where known values make a whole side."""
    for form in model.secondary:
        if form.condition is None:
            continue
        for side, key in zip(("pk", "sk"), form.keys, strict=False):
            if key.names and all(known.get(name) is not None for name in key.names):
                present.setdefault(form.name, {})[side] = list(key.names)


def _missing(form: IndexForm, present: dict[str, list[str]], known: Values) -> list[str]:
    return [
        name
        for side, key in zip(("pk", "sk"), form.keys, strict=False)
        if side in present
        for name in key.names
        if name not in present[side] and known.get(name) is None
    ]


def _is_complete(form: IndexForm, present: dict[str, list[str]]) -> bool:
    return all(
        side not in present or len(present[side]) == len(key.names)
        for side, key in zip(("pk", "sk"), form.keys, strict=False)
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
            f"{form.name} has a condition, so a write that touches it needs all its composites; "
            f"also give {', '.join(absent)}",
        )


def _raise_lacking(lacking: dict[str, list[str]]) -> None:
    patterns = {name: missing for name, missing in lacking.items() if missing}
    if patterns:
        names = ", ".join(dict.fromkeys(n for missing in patterns.values() for n in missing))
        raise EntityError(
            Code.INCOMPLETE_COMPOSITE_ATTRIBUTES,
            f"{', '.join(patterns)}: the index key needs {names} too; give them with the change, "
            "or with composite() if they do not change",
        )
