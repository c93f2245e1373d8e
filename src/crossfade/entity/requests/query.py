"""The requests of query."""

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
_KEPT_BY_V2 = (Comparison.GT, Comparison.LTE)


@dataclass(frozen=True, slots=True)
class QueryState:
    """What a query chain has gathered.

    Args:
        index: the access pattern.
        given: the attributes of the first call.
        comparison: the sort key's operator, if one was called.
        low: the operator's attributes.
        high: the upper end of `between`.
        wheres: the filters.
        matches: attributes that `match` compares, unconverted.
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
    """The options with the answer to whether items are taken without their identifiers.

    It is the caller's; else that of the index, which may not project them; the entity's setting
    counts for the table itself only, as in ElectroDB.
    """
    if options.ignore_ownership is not None:
        ignored = options.ignore_ownership
    else:
        ignored = options.hydrate or (_lacks_identity(index) if index.index else entity_ignores)
    if options.ignore_ownership is ignored:
        return options
    return dataclasses.replace(options, ignore_ownership=ignored)


def _lacks_identity(index: IndexForm) -> bool:
    """Whether the index does not project the identifiers."""
    if index.projection is None:
        return False
    if isinstance(index.projection, str):
        return index.projection.lower() == "keys_only"
    return not {"__edb_e__", "__edb_v__"} <= set(index.projection)


def _ends(state: QueryState) -> list[Mapping[str, Any]]:
    """What the sort key is compared with: both ends of `between`, or the operator's values."""
    ends = (state.low, state.high) if state.comparison is Comparison.BETWEEN else (state.low,)
    return [{**state.given, **end} for end in ends]


def key_query(model: Model, state: QueryState, options: Options) -> KeyQuery:
    """The key part of a query.

    Raises:
        EntityError: 2002 when the partition key lacks composites.
    """
    index = state.index
    for given in (state.given, state.low, state.high):
        model.check_given(given)
    if model.strict:
        check_number(index.sk, state.comparison, _ends(state))
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
    """The values of these attributes, in the order in which they were given."""
    return {name: value for name, value in values.items() if name in names and value is not None}


def query_params(
    model: Model, table: str, state: QueryState, options: Options, *, executed: bool = False
) -> Params:
    """The parameters of one query of one entity."""
    condition = filter_condition(model, state.matches, state.wheres)
    query = key_query(model, state, options)
    add_equalities(model, condition, query, state, options)
    if _needs_identity(query, options) and not state.as_isolated:
        add_identity(model, condition)
    add_bounds(model, condition, query, options)
    if query.index.type is IndexType.COMPOSITE:
        params = _multi_attribute_params(model, table, query, condition, options)
    else:
        params = _assembled(table, query, key_condition(query), condition)
    params = with_options(params, options.request_params)
    return project(model, params, options, executed=executed)


def _needs_identity(query: KeyQuery, options: Options) -> bool:
    """A clustered index mixes entities, unless the whole sort key is given."""
    clustered = query.index.type is IndexType.CLUSTERED and query.index.sk is not None
    return clustered and len(query.given) < len(query.shared) and not options.ignore_ownership


def filter_condition(model: Model, matches: Matches | None, wheres: Sequence[Where]) -> Condition:
    """The caller's filters: attributes that `match` compares, and functions."""
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
            place = placeholders.name(attribute.name, attribute.field)
            parts.append(f"{place} = {placeholders.value(attribute.name, value)}")
    return " AND ".join(parts)


def add_identity(model: Model, condition: Condition) -> None:
    """Keep items of this entity only."""
    for identifier, text in model.identity.items():
        condition.compare("=", identifier, text)


def add_equalities(
    model: Model, condition: Condition, query: KeyQuery, state: QueryState, options: Options
) -> None:
    """Repeat the first call's attributes as filter, when the `compare` option asks for it."""
    if options.compare == "keys" or query.index.sk is None or len(query.shared) <= 1:
        return
    if query.in_collection and query.index.sk.field in model.names_by_field:
        return
    for name, value in _given_values(query, state).items():
        _compare(model, condition, "=", name, value)


def add_bounds(model: Model, condition: Condition, query: KeyQuery, options: Options) -> None:
    """Repeat the operator's comparisons as filter, when the `compare` option asks for it."""
    if options.compare == "keys" or query.index.sk is None:
        return
    if query.index.sk.field in model.names_by_field:
        return
    for sign, values in _bounds(query, exact=options.compare == "attributes"):
        for name, value in javascript_order(values).items():
            _compare(model, condition, sign, name, value, first=True)


def _given_values(query: KeyQuery, state: QueryState) -> dict[str, Any]:
    """The attributes of the first call: those that the key ignores, then the sort key's."""
    others = {
        name: value
        for name, value in state.given.items()
        if name not in query.index.pk.names and name not in query.given
    }
    return dict(javascript_order({**others, **query.given}))


def _bounds(query: KeyQuery, *, exact: bool) -> list[tuple[str, Mapping[str, Any]]]:
    """The operator's comparisons; without `exact` only those that v2 keys need."""
    if query.comparison is Comparison.BETWEEN:
        return [("<=", query.high), (">=", query.low)] if exact else [("<=", query.high)]
    sign = _FILTER_SIGNS.get(query.comparison)
    if sign is None or not (exact or query.comparison in _KEPT_BY_V2):
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


def _assembled(table: str, query: KeyQuery, keys: KeyCondition, condition: Condition) -> Params:
    found = condition.placeholders
    params: Params = {
        "KeyConditionExpression": keys.expression,
        "TableName": table,
        "ExpressionAttributeNames": distinct(found.names, keys.names),
        "ExpressionAttributeValues": distinct(found.values, keys.values),
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
    params = _assembled(table, query, keys, condition)
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
    """``(#e = :e AND #v = :v)`` for one entity, with placeholders of its alias."""
    placeholders = Placeholders(suffix)
    parts = [
        f"{placeholders.name(identifier, identifier)} = "
        f"{placeholders.value(f'{identifier}_{alias}', text)}"
        for identifier, text in model.identity.items()
    ]
    return KeyCondition(f"({' AND '.join(parts)})", placeholders.names, placeholders.values)
