"""The `attributes` option: the fields that a read returns."""

from __future__ import annotations

from typing import Any

from crossfade.entity.expressions.placeholders import placeholder
from crossfade.entity.model.model import Model
from crossfade.entity.options import Options


def project(
    model: Model, params: dict[str, Any], options: Options, *, executed: bool
) -> dict[str, Any]:
    """Return the parameters with a ProjectionExpression, if the options have `attributes`.

    Args:
        model: the entity.
        params: the parameters so far; the names in them are projected too.
        options: the call's options.
        executed: whether the request is sent; ownership checks then need the identifiers.
    """
    if not options.attributes or options.hydrate:
        return params
    names = params.get("ExpressionAttributeNames") or {}
    fields = {name.removeprefix("#"): field for name, field in names.items()}
    wanted = [field for field in model.table_fields if field not in fields.values()]
    for name in options.attributes:
        attribute = model.attributes.get(name)
        wanted.append(attribute.field if attribute else name)
    for field in wanted:
        placeholder(field, fields)
    if executed and options.data != "raw" and not options.ignore_ownership:
        fields.update({field: field for field in model.identity})
    placeholders = {f"#{name}": field for name, field in fields.items()}
    given = params.get("ProjectionExpression")
    projected = [*([given] if given else []), *placeholders]
    return {
        **params,
        "ExpressionAttributeNames": placeholders,
        "ProjectionExpression": ", ".join(projected),
    }
