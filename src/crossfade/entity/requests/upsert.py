"""The parameters of upserts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.expressions.updates import Operator, Update
from crossfade.entity.model.model import Model
from crossfade.entity.requests.index_writes import put_keys
from crossfade.entity.requests.single_item import Params, key_of, table_composites
from crossfade.entity.requests.update import check_known, check_value, find, request_of
from crossfade.entity.values.validation import Faults, raise_faults


@dataclass(frozen=True, slots=True)
class UpsertStep:
    """One call of `upsert`, `set`, `add`, `subtract`, `append` or `if_not_exists`."""

    operator: Operator
    values: Mapping[str, Any]


def _merged_steps(
    model: Model, steps: tuple[UpsertStep, ...]
) -> tuple[dict[str, Operator], dict[str, Any]]:
    """Return the operator and value of each attribute; a later step overrides an earlier one."""
    operators: dict[str, Operator] = {}
    given: dict[str, Any] = {}
    for number, step in enumerate(steps):
        if model.strict:
            check_known(model, step.values)
        for name, value in step.values.items():
            target = find(model, name)
            if value is not None and target is not None and number:
                check_value(model, target, value)
            operators[name], given[name] = step.operator, value
    return operators, given


def upsert_params(model: Model, table: str, steps: tuple[UpsertStep, ...]) -> Params:
    """Return the parameters of upsert, without the condition."""
    operators, given = _merged_steps(model, steps)
    accepted = _accepted(model, given)
    composites = table_composites(model, accepted)
    stored = model.setters.apply(accepted)
    plain = {
        name: value
        for name, value in stored.items()
        if value is not None
        and (operators.get(name, Operator.SET) is Operator.SET or given.get(name) is None)
    }
    update = Update(strict=model.strict)
    for field, text in model.identity.items():
        update.set_field(field, text)
    keys = put_keys(model, plain, composites)
    for field in keys.remove_fields:
        update.remove_field(field)
    _add_plain(model, update, plain, keys.set_fields)
    for name, operator in operators.items():
        if operator is not Operator.SET and stored.get(name) is not None:
            _add_operation(model, update, name, operator, stored[name])
    return request_of(model, table, update, key_of(model, {**composites, **plain}))


def _accepted(model: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    accepted = {}
    for name, accept in model.acceptors.items():
        faults: Faults = []
        accepted[name] = accept(given.get(name), faults)
        raise_faults(faults)
    return accepted


def _add_plain(
    model: Model, update: Update, plain: Mapping[str, Any], key_fields: Mapping[str, Any]
) -> None:
    fields = {model.attributes[name].field: value for name, value in plain.items()}
    fields.update(key_fields)
    for field, value in fields.items():
        if field in model.table_fields:
            continue
        name = model.names_by_field.get(field)
        if name is None:
            update.set_field(field, value)
        else:
            _add_operation(model, update, name, Operator.SET, value)


def _add_operation(model: Model, update: Update, name: str, operator: Operator, value: Any) -> None:
    """Add one attribute; a read-only one that is in no index keeps its first value."""
    if name in model.read_only and name not in model.composite_uses:
        update.set_field(model.attributes[name].field, value, if_not_exists=True)
    else:
        update.apply(operator, model.targets[name], value)
