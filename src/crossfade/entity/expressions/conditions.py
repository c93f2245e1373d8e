"""Condition and filter expressions, and the operations that `where` callbacks use."""

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
        strict: put every clause in parentheses, so that an OR in it does not affect the others.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.placeholders = Placeholders(strict=strict)
        self.expression = ""
        self.strict = strict

    def add(self, clause: str, *, first: bool = False) -> None:
        """Join a clause with AND, exactly as ElectroDB does; `first` puts it before the others."""
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
        """Add ``#field = :field0``, with any operator, for a field of the table."""
        name = self.placeholders.name(field, field)
        self.add(f"{name} {operator} {self.placeholders.value(field, value)}", first=first)

    def call(self, function: str, field: str) -> None:
        """Add a function call such as ``attribute_exists(#field)``."""
        self.add(f"{function}({self.placeholders.name(field, field)})")


class Operations:
    """The operations of a `where` callback; each returns a part of the expression."""

    __slots__ = ("_converts", "_placeholders")

    def __init__(self, placeholders: Placeholders, *, converts: bool = True) -> None:
        self._placeholders = placeholders
        self._converts = converts

    def eq(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute equals the value."""
        return self._binary(attribute, "=", value)

    def ne(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute differs from the value."""
        return self._binary(attribute, "<>", value)

    def gt(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute is greater than the value."""
        return self._binary(attribute, ">", value)

    def gte(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute is greater than or equal to the value."""
        return self._binary(attribute, ">=", value)

    def lt(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute is less than the value."""
        return self._binary(attribute, "<", value)

    def lte(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute is less than or equal to the value."""
        return self._binary(attribute, "<=", value)

    def between(self, attribute: Reference, low: Any, high: Any) -> Ref:
        """Require that the attribute is between the values, inclusive."""
        name, low_text, high_text = self._written(attribute, low, high)
        return Ref(f"({name} between {low_text} and {high_text})")

    def begins(self, attribute: Reference, prefix: Any) -> Ref:
        """Require that the attribute's string begins with the prefix."""
        return self._call("begins_with", attribute, prefix)

    def contains(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute's string, list or set contains the value."""
        return self._call("contains", attribute, value)

    def not_contains(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute's string, list or set does not contain the value."""
        return Ref(f"not {self._call('contains', attribute, value)}")

    def exists(self, attribute: Reference) -> Ref:
        """Require that the item has the attribute."""
        return self._call("attribute_exists", attribute)

    def not_exists(self, attribute: Reference) -> Ref:
        """Require that the item does not have the attribute."""
        return self._call("attribute_not_exists", attribute)

    def size(self, attribute: Reference) -> Ref:
        """Return the attribute's size, for a comparison in the surrounding text."""
        return self._call("size", attribute)

    def type(self, attribute: Reference, value: str) -> Ref:
        """Require that the attribute has a DynamoDB type, such as ``S``."""
        return self._call("attribute_type", attribute, value)

    def eq_or_not_exists(self, attribute: Reference, value: Any) -> Ref:
        """Require that the attribute equals the value or is absent."""
        name, text = self._written(attribute, value)
        return Ref(f"({name} = {text} OR attribute_not_exists({name}))")

    def name(self, attribute: Reference) -> Ref:
        """Return the attribute itself, as operand of another operation."""
        return Ref(self._written(attribute)[0])

    def value(self, attribute: Reference, value: Any) -> Ref:
        """Return a value of this attribute, as operand of another operation."""
        return Ref(self._written(attribute, value)[1])

    def escape(self, value: Any) -> Ref:
        """Return any value, as operand of another operation."""
        return Ref(self._placeholders.value(_literal_name(value), value))

    def field(self, field: str) -> Ref:
        """Return any field of the table, by the field's name, as operand of another operation."""
        return Ref(self._placeholders.name(field, field))

    def _binary(self, attribute: Reference, operator: str, value: Any) -> Ref:
        name, text = self._written(attribute, value)
        return Ref(f"{name} {operator} {text}")

    def _call(self, function: str, attribute: Reference, *values: Any) -> Ref:
        return Ref(f"{function}({', '.join(self._written(attribute, *values))})")

    def _written(self, attribute: Reference, *values: Any) -> tuple[str, ...]:
        """Return the placeholders of the attribute and of the values.

        Raises:
            EntityError: 1012 if a value is None.
        """
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
    """Return the same operations without the conversion of string attributes' values to text."""
    return Operations(operations._placeholders, converts=False)  # noqa: SLF001 - same module


def _literal_name(value: Any) -> str:
    """Return a literal's text in JavaScript, from which its placeholder is formed."""
    if isinstance(value, bool):
        return "ptrue" if value else "pfalse"
    return scalar_text(value, "escape")


Where = Callable[[References, Operations], str]


def apply_where(condition: Condition, references: References, where: Where) -> None:
    """Call a `where` callback, and join the clause that it returns.

    Raises:
        EntityError: 1012 if it is not a function or does not return a string.
    """
    if not callable(where):
        raise EntityError(Code.INVALID_WHERE, f"where takes a function, not {kind_of(where)}")
    clause = where(references, Operations(condition.placeholders))
    if not isinstance(clause, str):
        raise EntityError(
            Code.INVALID_WHERE, f"the where function must return a string, not {kind_of(clause)}"
        )
    condition.add(clause)
