"""Filters and conditions: what `where` callbacks may use, and how clauses are joined."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from crossfade.entity.errors import Code, EntityError, kind_of
from crossfade.entity.expressions.placeholders import Placeholders
from crossfade.entity.expressions.references import Ref, Reference, References, target_of
from crossfade.entity.javascript import scalar_text

_LINE_BREAKS = re.compile(r"[\n\r]")
_WORDS = re.compile(r"[A-Za-z0-9_\n\r]")


class Condition:
    """One FilterExpression or ConditionExpression under construction.

    Args:
        strict: put every clause in parentheses, so that an OR cannot weaken the others.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.placeholders = Placeholders(strict=strict)
        self.expression = ""
        self.strict = strict

    def add(self, clause: str, *, first: bool = False) -> None:
        """Join a clause with AND, in ElectroDB's exact way; `first` puts it in front."""
        clause = _LINE_BREAKS.sub("", clause).strip()
        if not self.expression:
            self.expression = f"({clause})" if self.strict and clause else clause
            return
        if not _WORDS.sub("", clause).strip():
            return
        if first:
            self.expression = f"({clause}) AND {self.expression}"
            return
        if self.strict:
            self.expression = f"{self.expression} AND ({clause})"
            return
        wrapped = self.expression.startswith("(") or self.expression.endswith(")")
        existing = self.expression if wrapped else f"({self.expression})"
        self.expression = f"{existing} AND {clause}"

    def compare(self, operator: str, field: str, value: Any, *, first: bool = False) -> None:
        """Add ``#field = :field0`` for a field of the table."""
        name = self.placeholders.name(field, field)
        self.add(f"{name} {operator} {self.placeholders.value(field, value)}", first=first)

    def call(self, function: str, field: str) -> None:
        """Add ``attribute_exists(#field)`` or the like."""
        self.add(f"{function}({self.placeholders.name(field, field)})")


class Operations:
    """What a `where` callback may do with an attribute; each gives a piece of the expression."""

    __slots__ = ("_converts", "_placeholders")

    def __init__(self, placeholders: Placeholders, *, converts: bool = True) -> None:
        self._placeholders = placeholders
        self._converts = converts

    def eq(self, attribute: Reference, value: Any) -> Ref:
        """The attribute equals the value."""
        return self._binary(attribute, "=", value)

    def ne(self, attribute: Reference, value: Any) -> Ref:
        """The attribute differs from the value."""
        return self._binary(attribute, "<>", value)

    def gt(self, attribute: Reference, value: Any) -> Ref:
        """The attribute is greater than the value."""
        return self._binary(attribute, ">", value)

    def gte(self, attribute: Reference, value: Any) -> Ref:
        """The attribute is greater than or equal to the value."""
        return self._binary(attribute, ">=", value)

    def lt(self, attribute: Reference, value: Any) -> Ref:
        """The attribute is less than the value."""
        return self._binary(attribute, "<", value)

    def lte(self, attribute: Reference, value: Any) -> Ref:
        """The attribute is less than or equal to the value."""
        return self._binary(attribute, "<=", value)

    def between(self, attribute: Reference, low: Any, high: Any) -> Ref:
        """The attribute lies between the values, both included."""
        name, low_text, high_text = self._written(attribute, low, high)
        return Ref(f"({name} between {low_text} and {high_text})")

    def begins(self, attribute: Reference, prefix: Any) -> Ref:
        """The attribute's text begins with the prefix."""
        return self._call("begins_with", attribute, prefix)

    def contains(self, attribute: Reference, value: Any) -> Ref:
        """The attribute's text, list or set contains the value."""
        return self._call("contains", attribute, value)

    def not_contains(self, attribute: Reference, value: Any) -> Ref:
        """The attribute's text, list or set does not contain the value."""
        return Ref(f"not {self._call('contains', attribute, value)}")

    def exists(self, attribute: Reference) -> Ref:
        """The item has the attribute."""
        return self._call("attribute_exists", attribute)

    def not_exists(self, attribute: Reference) -> Ref:
        """The item does not have the attribute."""
        return self._call("attribute_not_exists", attribute)

    def size(self, attribute: Reference) -> Ref:
        """The attribute's size, to be compared in the surrounding text."""
        return self._call("size", attribute)

    def type(self, attribute: Reference, value: str) -> Ref:
        """The attribute has DynamoDB's type, such as ``S``."""
        return self._call("attribute_type", attribute, value)

    def eq_or_not_exists(self, attribute: Reference, value: Any) -> Ref:
        """The attribute equals the value, or is absent."""
        name, text = self._written(attribute, value)
        return Ref(f"({name} = {text} OR attribute_not_exists({name}))")

    def name(self, attribute: Reference) -> Ref:
        """The attribute itself, as operand of another operation."""
        return Ref(self._written(attribute)[0])

    def value(self, attribute: Reference, value: Any) -> Ref:
        """A value of this attribute, as operand of another operation."""
        return Ref(self._written(attribute, value)[1])

    def escape(self, value: Any) -> Ref:
        """Any value, as operand of another operation."""
        return Ref(self._placeholders.value(_literal_name(value), value))

    def field(self, field: str) -> Ref:
        """Any field of the table by its own name, as operand of another operation."""
        return Ref(self._placeholders.name(field, field))

    def _binary(self, attribute: Reference, operator: str, value: Any) -> Ref:
        name, text = self._written(attribute, value)
        return Ref(f"{name} {operator} {text}")

    def _call(self, function: str, attribute: Reference, *values: Any) -> Ref:
        return Ref(f"{function}({', '.join(self._written(attribute, *values))})")

    def _written(self, attribute: Reference, *values: Any) -> tuple[str, ...]:
        """The attribute's and the values' texts; values that are None make a fault."""
        target = target_of(attribute)
        location = target.locate(self._placeholders)
        texts = [location.expression]
        for value in values:
            if value is None:
                raise EntityError(
                    Code.INVALID_WHERE,
                    f"{target.dotted()} is compared with None; use exists or not_exists",
                )
            converts = self._converts and not isinstance(value, Ref)
            operand = target.operand(value) if converts else value
            if not isinstance(operand, Ref):
                operand = self._placeholders.value(target.attribute.name, operand)
            texts.append(operand)
        return tuple(texts)


def unconverted(operations: Operations) -> Operations:
    """The same operations, with values as they are instead of as texts of text attributes."""
    return Operations(operations._placeholders, converts=False)  # noqa: SLF001 - of this module


def _literal_name(value: Any) -> str:
    """What JavaScript prints for a literal, as the basis of its placeholder."""
    if isinstance(value, bool):
        return "ptrue" if value else "pfalse"
    return scalar_text(value, "escape")


Where = Callable[[References, Operations], str]


def apply_where(condition: Condition, references: References, where: Where) -> None:
    """Run a `where` callback and join what it gives.

    Raises:
        EntityError: 1012 when it is no function or gives no text.
    """
    if not callable(where):
        raise EntityError(Code.INVALID_WHERE, f"where takes a function, not {kind_of(where)}")
    clause = where(references, Operations(condition.placeholders))
    if not isinstance(clause, str):
        raise EntityError(
            Code.INVALID_WHERE, f"the where function must return a text, not {kind_of(clause)}"
        )
    condition.add(clause)
