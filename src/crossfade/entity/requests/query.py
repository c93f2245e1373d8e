"""The parameters of queries."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossfade.entity.expressions.conditions import Condition, Where
from crossfade.entity.expressions.key_conditions import (
    Comparison,
    KeyCondition,
    KeyQuery,
    attribute_condition,
    key_condition,
)
from crossfade.entity.expressions.placeholders import Placeholders, distinct, merged
from crossfade.entity.javascript import javascript_order
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.model.model import Model, incomplete
from crossfade.entity.model.strict import check_limit, check_number
from crossfade.entity.options import Options
from crossfade.entity.requests.projection import project
from crossfade.entity.requests.single_item import Params, apply_wheres, with_options
from crossfade.entity.schema.declarations import IndexType

Matches = Mapping[str, Any]

_FILTER_SIGNS = {
    Comparison.GT: ">",
    Comparison.GTE: ">=",
    Comparison.LT: "<",
    Comparison.LTE: "<=",
}
_NEEDED_BY_V2 = (Comparison.GT, Comparison.LTE)


@dataclass(frozen=True, slots=True)
class QueryState:
    """The arguments of a chain of query calls.

    Args:
        index: the access pattern.
        given: the attributes of the first call.
        comparison: the sort key's operator, if one was called.
        low: the operator's attributes, or the lower bound of `between`.
        high: the upper bound of `between`.
        wheres: the filters.
        matches: the attributes that `match` compares, not converted to text.
        as_isolated: treat the index as isolated, as `find` and `match` do.
    """

    index: IndexForm
    given: Mapping[str, Any]
    comparison: Comparison = Comparison.IS
    low: Mapping[str, Any] = field(default_factory=dict)
    high: Mapping[str, Any] = field(default_factory=dict)
    wheres: tuple[Where, ...] = ()
    matches: Matches | None = None
    as_isolated: bool = False


def with_ownership(index: IndexForm, options: Options, *, entity_ignores: bool) -> Options:
    """Return the options with `ignore_ownership` resolved.

    The caller's option has priority. Otherwise ownership is ignored for `hydrate`, for an index
    that does not project the identifiers, and for the table itself if the entity is set so, as in
    ElectroDB.
    """
    if options.ignore_ownership is not None:
        ignored = options.ignore_ownership
    else:
        ignored = options.hydrate or (_lacks_identity(index) if index.index else entity_ignores)
    if options.ignore_ownership is ignored:
        return options
    return dataclasses.replace(options, ignore_ownership=ignored)


def _lacks_identity(index: IndexForm) -> bool:
    """Return whether the index does not project the identifiers."""
    if index.projection is None:
        return False
    if isinstance(index.projection, str):
        return index.projection.lower() == "keys_only"
    return not {"__edb_e__", "__edb_v__"} <= set(index.projection)


def _compared_values(state: QueryState) -> list[Mapping[str, Any]]:
    """Return the values to compare with the sort key; for `between`, of both bounds."""
    ends = (state.low, state.high) if state.comparison is Comparison.BETWEEN else (state.low,)
    return [{**state.given, **end} for end in ends]


def key_query(model: Model, state: QueryState, options: Options) -> KeyQuery:
    """Return the key part of a query.

    Raises:
        EntityError: 2002 if the partition key lacks composites; in strict mode, also 3001, 2006
            or 2013 for the caller's values and limit.
    """
    index = state.index
    for given in (state.given, state.low, state.high):
        model.check_given(given)
    if model.strict:
        check_number(index.sk, state.comparison, _compared_values(state))
        check_limit(options)
    partition = {name: state.given.get(name) for name in index.pk.names}
    if None in partition.values():
        raise incomplete(index, index.pk.names, state.given)
    names = index.sk.names if index.sk else ()
    return KeyQuery(
        index=index,
        partition=partition,
        given=_only(state.given, names),
        comparison=state.comparison,
        low=_only(state.low, names),
        high=_only(state.high, names),
        shared=names,
        shifted=options.compare == "v2",
    )


def _only(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of these attributes, in the order given."""
    return {name: value for name, value in values.items() if name in names and value is not None}


def query_params(
    model: Model, table: str, state: QueryState, options: Options, *, executed: bool = False
) -> Params:
    """Return the parameters of one query of one entity."""
    condition = filter_condition(model, state.matches, state.wheres)
    query = key_query(model, state, options)
    add_equalities(model, condition, query, state, options)
    if _needs_identity(query, options) and not state.as_isolated:
        add_identity(model, condition)
    add_bounds(model, condition, query, options)
    if query.index.type is IndexType.COMPOSITE:
        params = _multi_attribute_params(model, table, query, condition, options)
    else:
        params = _assemble(table, query, key_condition(query), condition)
    params = with_options(params, options.request_params)
    return project(model, params, options, executed=executed)


def _needs_identity(query: KeyQuery, options: Options) -> bool:
    """Return whether to filter by identifiers: a partial sort key matches other entities too."""
    clustered = query.index.type is IndexType.CLUSTERED and query.index.sk is not None
    return clustered and len(query.given) < len(query.shared) and not options.ignore_ownership


def filter_condition(model: Model, matches: Matches | None, wheres: Sequence[Where]) -> Condition:
    """Return the caller's filters: the attributes that `match` compares, and callbacks."""
    condition = Condition(strict=model.strict)
    if matches is not None:
        condition.add(_matching(model, condition.placeholders, matches))
    apply_wheres(model, condition, wheres)
    return condition


def _matching(model: Model, placeholders: Placeholders, values: Mapping[str, Any]) -> str:
    parts = []
    for name, value in values.items():
        attribute = model.attributes.get(name)
        if attribute is not None and value is not None:
            field_name = placeholders.name(attribute.name, attribute.field)
            parts.append(f"{field_name} = {placeholders.value(attribute.name, value)}")
    return " AND ".join(parts)


def add_identity(model: Model, condition: Condition) -> None:
    """Add the filter for items of this entity."""
    for identifier, text in model.identity.items():
        condition.compare("=", identifier, text)


def add_equalities(
    model: Model, condition: Condition, query: KeyQuery, state: QueryState, options: Options
) -> None:
    """Add the first call's attributes as filter, if the `compare` option requires it."""
    if options.compare == "keys" or query.index.sk is None or len(query.shared) <= 1:
        return
    if query.in_collection and query.index.sk.field in model.names_by_field:
        return
    for name, value in _given_values(query, state).items():
        _compare(model, condition, "=", name, value)


def add_bounds(model: Model, condition: Condition, query: KeyQuery, options: Options) -> None:
    """Add the operator's comparisons as filter, if the `compare` option requires it."""
    if options.compare == "keys" or query.index.sk is None:
        return
    if query.index.sk.field in model.names_by_field:
        return
    for sign, values in _bounds(query, exact=options.compare == "attributes"):
        for name, value in javascript_order(values).items():
            _compare(model, condition, sign, name, value, first=True)


def _given_values(query: KeyQuery, state: QueryState) -> dict[str, Any]:
    """Return the first call's attributes: those not in the keys, then those of the sort key."""
    others = {
        name: value
        for name, value in state.given.items()
        if name not in query.index.pk.names and name not in query.given
    }
    return dict(javascript_order({**others, **query.given}))


def _bounds(query: KeyQuery, *, exact: bool) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the operator's comparisons; unless `exact`, only those that v2 keys need."""
    if query.comparison is Comparison.BETWEEN:
        return [("<=", query.high), (">=", query.low)] if exact else [("<=", query.high)]
    sign = _FILTER_SIGNS.get(query.comparison)
    if sign is None or not (exact or query.comparison in _NEEDED_BY_V2):
        return []
    if query.comparison is Comparison.GTE and len(query.shared) <= 1:
        return []
    return [(sign, query.low)]


def _compare(
    model: Model, condition: Condition, sign: str, name: str, value: Any, *, first: bool = False
) -> None:
    attribute = model.attributes.get(name)
    if attribute is not None and value is not None:
        condition.compare(sign, attribute.field, value, first=first)


def _assemble(table: str, query: KeyQuery, keys: KeyCondition, condition: Condition) -> Params:
    placeholders = condition.placeholders
    params: Params = {
        "KeyConditionExpression": keys.expression,
        "TableName": table,
        "ExpressionAttributeNames": distinct(placeholders.names, keys.names),
        "ExpressionAttributeValues": distinct(placeholders.values, keys.values),
    }
    if query.index.index:
        params["IndexName"] = query.index.index
    if condition.expression:
        params["FilterExpression"] = condition.expression
    return params


def _multi_attribute_params(
    model: Model, table: str, query: KeyQuery, condition: Condition, options: Options
) -> Params:
    fields = {name: (a.name, a.field) for name, a in model.attributes.items()}
    keys = attribute_condition(query, fields)
    params = _assemble(table, query, keys, condition)
    if options.ignore_ownership:
        return params
    identity = identity_group(model, model.schema.entity, "k_")
    filters = [text for text in (condition.expression, identity.expression) if text]
    return {
        **params,
        "ExpressionAttributeNames": merged(params["ExpressionAttributeNames"], identity.names),
        "ExpressionAttributeValues": merged(params["ExpressionAttributeValues"], identity.values),
        "FilterExpression": " AND ".join(filters),
    }


def identity_group(model: Model, alias: str, suffix: str) -> KeyCondition:
    """Return ``(#e = :e AND #v = :v)`` for one entity, with the alias in its placeholders."""
    placeholders = Placeholders(suffix)
    parts = [
        f"{placeholders.name(identifier, identifier)} = "
        f"{placeholders.value(f'{identifier}_{alias}', text)}"
        for identifier, text in model.identity.items()
    ]
    return KeyCondition(f"({' AND '.join(parts)})", placeholders.names, placeholders.values)
