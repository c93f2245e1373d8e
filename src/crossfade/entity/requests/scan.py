"""The requests of scan."""

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
    """What a scan chain has gathered."""

    index: IndexForm
    wheres: tuple[Where, ...] = ()
    matches: Matches | None = None


def scan_params(
    model: Model, table: str, state: ScanState, options: Options, *, executed: bool = False
) -> Params:
    """The parameters of one scan."""
    if model.strict:
        check_limit(options)
    condition = filter_condition(model, state.matches, state.wheres)
    if not options.ignore_ownership:
        add_identity(model, condition)
    starts = {key.field: render(key, {}) for key in state.index.keys if key.field}
    starts = {field: start for field, start in starts.items() if start not in (None, "")}
    names = merged(condition.placeholders.names, {f"#{field}": field for field in starts})
    values = merged(
        condition.placeholders.values, {f":{field}": start for field, start in starts.items()}
    )
    filters = [f"begins_with(#{field}, :{field})" for field in starts]
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
