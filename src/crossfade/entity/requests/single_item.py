"""The parameters that requests of single items share: table, key, conditions and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.expressions.conditions import Condition, Where, apply_where
from crossfade.entity.expressions.placeholders import distinct, merged
from crossfade.entity.keys.rendering import render
from crossfade.entity.model.model import Model, incomplete
from crossfade.entity.options import Options

Params = dict[str, Any]


def table_name(table: str, options: Options) -> str:
    """Return the table of a request.

    Raises:
        EntityError: 2003 if neither the entity nor the call has one.
    """
    name = options.table or table
    if not name:
        raise EntityError(Code.MISSING_TABLE, "no table; give table= to the entity or to the call")
    return name


def table_composites(model: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the composites of the table's key among the given values.

    Raises:
        EntityError: 2002 if one is absent; in strict mode, also 3001 for a wrong name or value.
    """
    model.check_given(given)
    index = model.table_index
    values = {name: given.get(name) for name in index.composites}
    if None in values.values():
        raise incomplete(index, index.composites, given)
    return values


def key_of(model: Model, composites: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Key of a request for one item."""
    return {key.field: render(key, composites) for key in model.table_index.keys}


def simple_params(model: Model, table: str, given: Mapping[str, Any]) -> Params:
    """Return the parameters of get, delete, remove and check."""
    return {"Key": key_of(model, table_composites(model, given)), "TableName": table}


def require_existence(model: Model, condition: Condition, function: str) -> None:
    """Require that the item exists, or that it does not: ``attribute_exists`` or its negation."""
    for field in model.table_fields:
        condition.call(function, field)


def apply_wheres(model: Model, condition: Condition, wheres: Iterable[Where]) -> None:
    """Add the callbacks' clauses to the condition."""
    for where in wheres:
        apply_where(condition, model.references, where)


def with_options(params: Params, extra: Mapping[str, Any]) -> Params:
    """Return the parameters, overridden by those of the options."""
    return {**params, **extra} if extra else params


def with_condition(params: Params, condition: Condition) -> Params:
    """Return the parameters with a condition, after one that they already have."""
    if not condition.expression:
        return params
    join = distinct if condition.strict else merged
    existing = params.get("ConditionExpression")
    result = dict(params)
    result["ConditionExpression"] = (
        f"{existing} AND {condition.expression}" if existing else condition.expression
    )
    placeholders = condition.placeholders
    for option, added in (
        ("ExpressionAttributeNames", placeholders.names),
        ("ExpressionAttributeValues", placeholders.values),
    ):
        if added:
            result[option] = join(added, params.get(option) or {})
    return result
