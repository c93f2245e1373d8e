"""The parameters of update and patch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.errors import Code, EntityError, invalid_value
from crossfade.entity.expressions.conditions import Condition
from crossfade.entity.expressions.paths import generic
from crossfade.entity.expressions.references import Target, path_steps
from crossfade.entity.expressions.updates import Data, DataOperations, Operator, Update
from crossfade.entity.javascript import is_numeric, javascript_order
from crossfade.entity.model.model import Model
from crossfade.entity.requests.index_writes import KnownValues, update_keys
from crossfade.entity.requests.single_item import Params, key_of, table_composites
from crossfade.entity.schema.declarations import Type
from crossfade.entity.values.validation import SET_KINDS, Faults, raise_faults

ChangeStep = Callable[[Model, Update, Condition], None]


@dataclass(frozen=True, slots=True)
class Assign:
    """One call of `set`, `add`, `subtract`, `append`, `delete` or `if_not_exists`."""

    operator: Operator
    values: Mapping[str, Any]

    def __call__(self, model: Model, update: Update, _condition: Condition) -> None:
        """Check the values, then add them to the update.

        Raises:
            EntityError: 3001 for an invalid value, or for an attribute that must not change.
        """
        if model.strict:
            check_known(model, self.values)
        targets = {
            path: target
            for path in self.values
            if (target := find(model, path)) and _is_given(target, self.values[path])
        }
        for path, target in targets.items():
            _check_writable(model, path, target, "changed")
            check_value(model, target, self.values[path])
        for path, target in targets.items():
            update.apply(self.operator, target, self.values[path])


@dataclass(frozen=True, slots=True)
class Remove:
    """One call of `remove`."""

    paths: tuple[str, ...]

    def __call__(self, model: Model, update: Update, _condition: Condition) -> None:
        """Check that the attributes can be removed, then add them to the update.

        Raises:
            EntityError: 3001 for an unknown, required or read-only attribute.
        """
        targets = []
        for path in self.paths:
            target = find(model, path)
            if target is None:
                raise invalid_value(path, "is not in the schema and cannot be removed")
            _check_writable(model, path, target, "removed")
            if target.attribute.required:
                raise invalid_value(path, "is required and cannot be removed")
            targets.append(target)
        for target in targets:
            update.apply(Operator.REMOVE, target, None)


@dataclass(frozen=True, slots=True)
class Compute:
    """One call of `data`."""

    callback: Data

    def __call__(self, model: Model, update: Update, _condition: Condition) -> None:
        """Call the callback, then check the attributes that it changed.

        Raises:
            EntityError: 3001 for an invalid value, or for an attribute that must not change.
        """
        self.callback(model.references, DataOperations(update))
        for path, attribute in update.touched.items():
            read_only = attribute.read_only or model.wire_names.get(path) in model.read_only
            if attribute.required and update.operators[path] is Operator.REMOVE:
                raise invalid_value(path, "is required and cannot be removed")
            if read_only:
                raise invalid_value(path, "is read-only and cannot be changed")
            written = update.written.get(path)
            if written:
                check_path(model, path, written[0])


@dataclass(frozen=True, slots=True)
class Compose:
    """One call of `composite`."""

    values: Mapping[str, Any]

    def __call__(self, model: Model, update: Update, condition: Condition) -> None:
        """Keep the values for index keys, and require that the item has them.

        Raises:
            EntityError: 2010 if a composite is None, or has two values.
        """
        for name, value in self.values.items():
            if name not in model.composite_uses:
                continue
            if value is None or update.composites.get(name, value) != value:
                raise EntityError(
                    Code.DUPLICATE_UPDATE_COMPOSITES_PROVIDED,
                    f"composite {name} was given twice with different values",
                )
            update.composites[name] = value
            condition.compare("=", model.attributes[name].field, value)


def find(model: Model, path: str) -> Target | None:
    """Return the attribute at a path written as text; None if its root is unknown.

    Raises:
        EntityError: 3001 or 1012 if the path leads to no attribute.
    """
    if path in model.targets:
        return model.targets[path]
    root, *steps = path_steps(path) or ("",)
    target = model.targets.get(root)
    if target is None and steps:
        raise invalid_value(path, "does not start with an attribute of this entity")
    for step in steps:
        target = target and target.child(step)
    return target


def check_known(model: Model, values: Mapping[str, Any]) -> None:
    """Reject names that are not in the schema, and empty sets.

    Raises:
        EntityError: 3001.
    """
    for path, value in values.items():
        target = find(model, path)
        if target is None:
            raise invalid_value(path, "is not in the schema; check the spelling")
        if target.attribute.type is Type.SET and isinstance(value, SET_KINDS) and not value:
            raise invalid_value(
                path, "is an empty set, which DynamoDB cannot store; remove it instead"
            )


def _is_given(target: Target, value: Any) -> bool:
    """Return whether there is a value; for `Type.ANY` None is one, stored as NULL."""
    return value is not None or target.attribute.type is Type.ANY


def _check_writable(model: Model, path: str, target: Target, verb: str) -> None:
    root = path in model.read_only and len(target.steps) == 1
    if target.attribute.read_only or root:
        raise invalid_value(path, f"is read-only and cannot be {verb}")


def wire_path(target: Target) -> str:
    """Return the path of a target in wire names, with the indexes of elements."""
    path = ""
    for step in target.steps:
        is_index = path and is_numeric(step.name)
        path += f"[{step.name}]" if is_index else f".{step.name}" if path else step.name
    return path


def check_value(model: Model, target: Target, value: Any) -> None:
    """Check a value against its target; elements of lists only in strict mode, as in ElectroDB.

    Raises:
        EntityError: 3001.
    """
    path = wire_path(target)
    if "[" not in path or model.strict:
        check_path(model, generic(path), value)


def check_path(model: Model, path: str, value: Any) -> None:
    """Check a value against the attribute at a path of wire names.

    Raises:
        EntityError: 3001.
    """
    accept = model.path_acceptors.get(path)
    if accept is not None:
        faults: Faults = []
        accept(value, faults)
        raise_faults(faults)


def update_params(
    model: Model,
    table: str,
    given: Mapping[str, Any],
    steps: tuple[ChangeStep, ...],
    condition: Condition,
) -> Params:
    """Return the parameters of update and patch, without the condition."""
    composites = table_composites(model, given)
    update = Update(strict=model.strict)
    for step in steps:
        step(model, update, condition)
    changed = _apply_setters(model, update, composites)
    removed = {
        model.wire_names[path]: True
        for path, operator in update.operators.items()
        if operator is Operator.REMOVE and path in model.wire_names
    }
    written = {name: value for name, value in changed.items() if name in model.attributes}
    for name in model.table_index.composites:
        if written.get(name) is not None:
            raise invalid_value(
                name, "is part of the table's key, and must not be changed by a watcher"
            )
    keys = update_keys(model, written, removed, KnownValues(composites, update.composites))
    _add_keys(model, update, keys.set_fields, keys.remove_fields)
    _add_identity(model, update, composites)
    _check_operands(model, update)
    return request_of(model, table, update, key_of(model, composites))


def _apply_setters(model: Model, update: Update, composites: Mapping[str, Any]) -> dict[str, Any]:
    """Apply setters to the changed values, and add the results to the update.

    Returns:
        The changed values by Python name.
    """
    roots = {
        model.wire_names[path]: value
        for path, (value, _) in update.written.items()
        if path in model.wire_names and model.wire_names[path] not in composites
    }
    changed = model.setters.apply(roots)
    for name, value in changed.items():
        attribute = model.attributes[name]
        known = update.written.get(attribute.name)
        if value is None:
            continue
        if known and name in roots:
            update.replace_value(known[1], value)
        else:
            update.set_field(attribute.field, value)
    for path, (value, text) in update.written.items():
        write = model.path_writers.get(generic(path))
        if write is not None:
            update.replace_value(text, write(value, {}))
    return changed


def _add_keys(
    model: Model, update: Update, set_fields: Mapping[str, Any], remove_fields: list[str]
) -> None:
    excluded = {*model.table_fields, *update.written}
    for field, value in set_fields.items():
        if field not in excluded:
            update.set_field(field, value)
    for field in remove_fields:
        if field not in excluded:
            update.remove_field(field)


def _add_identity(model: Model, update: Update, composites: Mapping[str, Any]) -> None:
    """Set the table's composites and the identifiers, because an update may create the item."""
    for name, value in javascript_order(composites).items():
        field = model.attributes[name].field
        if field not in model.table_fields:
            update.set_field(field, value)
    for field, text in model.identity.items():
        update.set_field(field, text)


def _check_operands(model: Model, update: Update) -> None:
    """Reject, in strict mode, an operand that would become part of an index key.

    Raises:
        EntityError: 3001.
    """
    if not model.strict:
        return
    for path, operator in update.operators.items():
        if operator in (Operator.ADD, Operator.SUBTRACT) and path in model.wire_names:
            name = model.wire_names[path]
            if name in model.composite_uses:
                raise invalid_value(
                    name, f"is part of an index key, which {operator} would form from the operand"
                )


def request_of(model: Model, table: str, update: Update, key: dict[str, Any]) -> Params:
    """Return the parameters of an update of one item.

    Raises:
        EntityError: 3001 if a key is empty.
    """
    if "" in key.values():
        raise invalid_value(", ".join(model.table_index.composites), "must not form an empty key")
    params = {
        "UpdateExpression": update.expression,
        "ExpressionAttributeNames": update.placeholders.names,
        "ExpressionAttributeValues": update.placeholders.values,
        "TableName": table,
        "Key": key,
    }
    return {option: value for option, value in params.items() if value != {}}
