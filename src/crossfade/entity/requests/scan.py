"""The parameters of scans."""

from __future__ import annotations

from dataclasses import dataclass

from crossfade.entity.expressions.conditions import Where
from crossfade.entity.expressions.placeholders import merged
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.keys.rendering import render
from crossfade.entity.model.model import Model
from crossfade.entity.model.strict import check_limit
from crossfade.entity.options import Options
from crossfade.entity.requests.projection import project
from crossfade.entity.requests.query import Matches, add_identity, filter_condition
from crossfade.entity.requests.single_item import Params, with_options


@dataclass(frozen=True, slots=True)
class ScanState:
    """The arguments of a chain of scan calls; see `QueryState`."""

    index: IndexForm
    wheres: tuple[Where, ...] = ()
    matches: Matches | None = None


def scan_params(
    model: Model, table: str, state: ScanState, options: Options, *, executed: bool = False
) -> Params:
    """Return the parameters of one scan.

    Raises:
        EntityError: 2006 in strict mode, for a limit below one.
    """
    if model.strict:
        check_limit(options)
    condition = filter_condition(model, state.matches, state.wheres)
    if not options.ignore_ownership:
        add_identity(model, condition)
    prefixes = {key.field: render(key, {}) for key in state.index.keys if key.field}
    prefixes = {field: prefix for field, prefix in prefixes.items() if prefix not in (None, "")}
    names = merged(condition.placeholders.names, {f"#{field}": field for field in prefixes})
    values = merged(
        condition.placeholders.values, {f":{field}": prefix for field, prefix in prefixes.items()}
    )
    filters = [f"begins_with(#{field}, :{field})" for field in prefixes]
    if condition.expression:
        filters.append(condition.expression)
    params: Params = {
        "TableName": table,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "FilterExpression": " AND ".join(filters),
        "IndexName": state.index.index,
    }
    params = {option: value for option, value in params.items() if value}
    projected = project(model, params, options, executed=executed)
    return with_options(projected, options.request_params)
