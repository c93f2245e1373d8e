"""The choice of the access pattern for `find` and `match`, and the error for an unknown one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.model.model import Model


def best_index(model: Model, values: Mapping[str, Any]) -> IndexForm | None:
    """Return the index that `find` and `match` query; None if they must scan."""
    ranked: dict[int, IndexForm] = {}
    fits = [
        (form, count, complete)
        for form in model.indexes.values()
        for count, complete in [_fit(form, values)]
        if count and (complete or count >= len(form.pk.names))
    ]
    fits = [fit for fit in fits if fit[2] or (fit[0].sk and fit[0].sk.names)]
    most = max((count for _, count, _ in fits), default=0)
    for form, count, complete in fits:
        rank = _rank(form, complete=complete, most=count == most)
        if rank is not None:
            ranked[rank] = form
    return ranked[min(ranked)] if ranked else None


def _fit(form: IndexForm, values: Mapping[str, Any]) -> tuple[int, bool]:
    """Return how many leading composites are given, and whether those are all."""
    count = 0
    for name in form.composites:
        if values.get(name) is None:
            break
        count += 1
    return count, count == len(form.composites) and bool(count)


def _rank(form: IndexForm, *, complete: bool, most: bool) -> int | None:
    if not form.index and complete:
        return 0
    if not form.index and most:
        return 1
    if complete:
        return 2
    return 3 if most else None


def missing_pattern(model: Model, name: str) -> EntityError:
    """Return the error for an access pattern that is not declared."""
    patterns = ", ".join(model.indexes)
    return EntityError(
        Code.INVALID_INDEX_DEFINITION,
        f"{name!r} is not an access pattern; the schema has {patterns}",
    )
