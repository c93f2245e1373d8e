"""ElectroDB's legacy filters: functions of attributes that have the operators as methods.

Their clauses are joined like those of `where`, but values are not converted to text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from crossfade.entity.errors import Code, EntityError, kind_of
from crossfade.entity.expressions.conditions import Operations, Where, unconverted
from crossfade.entity.expressions.references import Ref, Reference, References

Filter = Callable[..., str]
_OPERATORS: Final = frozenset(
    (
        *("eq", "ne", "gt", "gte", "lt", "lte", "between", "begins", "contains", "not_contains"),
        *("exists", "not_exists", "eq_or_not_exists", "size", "type", "name", "value"),
    )
)


class FilterAttribute:
    """An attribute whose operators are methods: ``rent.between(100, 200)``."""

    __slots__ = ("_operations", "_reference")

    def __init__(self, reference: Reference, operations: Operations) -> None:
        self._reference = reference
        self._operations = operations

    def __getattr__(self, operator: str) -> Callable[..., Ref]:
        """Return the operator with this name.

        Raises:
            EntityError: 1011 if there is none.
        """
        if operator not in _OPERATORS:
            raise EntityError(
                Code.INVALID_FILTER,
                f"unknown filter operator {operator!r}; use one of {', '.join(sorted(_OPERATORS))}",
            )
        return partial(getattr(self._operations, operator), self._reference)


class FilterAttributes:
    """The root attributes of an entity, for a filter."""

    __slots__ = ("_operations", "_references")

    def __init__(self, references: References, operations: Operations) -> None:
        self._references = references
        self._operations = operations

    def __getattr__(self, name: str) -> FilterAttribute:
        """Return the attribute with this name."""
        return self[name]

    def __getitem__(self, name: str) -> FilterAttribute:
        """Return the attribute with this name, which need not be an identifier."""
        return FilterAttribute(self._references[name], self._operations)


def filter_of(
    known: Mapping[str, Filter], chosen: str | Filter, arguments: tuple[Any, ...]
) -> Where:
    """Return a filter as a `where` callback.

    Args:
        known: the schema's filters.
        chosen: the name of one of them, or a function.
        arguments: the function's arguments after the attributes.

    Raises:
        EntityError: 1011 if the schema has no such filter, or it is not a function.
    """
    function = known.get(chosen) if isinstance(chosen, str) else chosen
    if function is None or not callable(function):
        raise EntityError(
            Code.INVALID_FILTER,
            f"filter takes a function or one of the schema's filters, not {kind_of(chosen)}; "
            f"the schema has {', '.join(known) or 'no filters'}",
        )

    def where(references: References, operations: Operations) -> str:
        clause = function(FilterAttributes(references, unconverted(operations)), *arguments)
        if not isinstance(clause, str):
            raise EntityError(
                Code.INVALID_FILTER, f"a filter must return a string, not {kind_of(clause)}"
            )
        return clause

    return where
