"""Update expressions: the operators of `update`, `patch` and `upsert`, and of `data` callbacks."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from crossfade.entity.errors import MisuseError
from crossfade.entity.expressions.placeholders import Placeholders
from crossfade.entity.expressions.references import (
    Location,
    Ref,
    Reference,
    References,
    Target,
    target_of,
)
from crossfade.entity.schema.declarations import Attribute, Type


class Operator(StrEnum):
    """The operators that change an attribute."""

    SET = "set"
    IF_NOT_EXISTS = "if_not_exists"
    ADD = "add"
    SUBTRACT = "subtract"
    APPEND = "append"
    DELETE = "delete"
    REMOVE = "remove"


_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_SUPPORTED_TYPES: dict[Operator, tuple[Type, ...]] = {
    Operator.ADD: (Type.NUMBER, Type.SET, Type.ANY),
    Operator.SUBTRACT: (Type.NUMBER, Type.ANY),
    Operator.APPEND: (Type.LIST, Type.ANY),
    Operator.DELETE: (Type.SET, Type.ANY),
}


class Update:
    """One UpdateExpression under construction.

    Attributes:
        placeholders: the names and values of the expression.
        composites: the values given with `composite`, by name.
        written: by path of wire names, such as ``contact.phone``, the last value and placeholder.
        operators: by path, the last operator; None if the attribute was only named.
        touched: by path, the attribute.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.placeholders = Placeholders("_u", strict=strict)
        self.composites: dict[str, Any] = {}
        self.written: dict[str, tuple[Any, str]] = {}
        self.operators: dict[str, Operator | None] = {}
        self.touched: dict[str, Attribute] = {}
        self._entries: dict[str, dict[str, None]] = {clause: {} for clause in _CLAUSES}
        self._fields: dict[str, tuple[str, str, str]] = {}

    @property
    def expression(self) -> str:
        """Return the expression: ``SET … REMOVE … ADD … DELETE …``."""
        return " ".join(
            f"{clause} {', '.join(entries)}" for clause, entries in self._entries.items() if entries
        )

    def enter(self, clause: str, entry: str) -> None:
        """Add an entry to a clause, unless it is there already."""
        self._entries[clause][entry] = None

    def set_field(self, field: str, value: Any, *, if_not_exists: bool = False) -> None:
        """Set a field of the table, by the field's name; a second call replaces the entry."""
        known = self._fields.get(field)
        if known:
            name, text, entry = known
            self._entries["SET"].pop(entry, None)
        else:
            name = self.placeholders.name(field, field)
            text = self.placeholders.value(field, value)
        entry = f"{name} = if_not_exists({name}, {text})" if if_not_exists else f"{name} = {text}"
        self._fields[field] = (name, text, entry)
        self.enter("SET", entry)

    def remove_field(self, field: str) -> None:
        """Remove a field of the table, by the field's name."""
        self.enter("REMOVE", self.placeholders.name(field, field))

    def replace_value(self, placeholder: str, value: Any) -> None:
        """Replace the value of a placeholder, for example by a setter's result."""
        self.placeholders.values[placeholder] = value

    def apply(self, operator: Operator, target: Target, value: Any, default: Any = None) -> None:
        """Apply one operator to one attribute.

        Raises:
            MisuseError: the operator does not support the attribute's type.
        """
        if operator is Operator.REMOVE:
            location = target.locate(self.placeholders)
            self.enter("REMOVE", location.expression)
            self._track(location.path, operator, target)
            return
        _check_type(operator, target)
        if _is_empty_set(target.attribute, value):
            return
        location = target.locate(self.placeholders)
        self._track(location.path, operator, target)
        text = self.operand(location.path, target, value)
        default_text = None if default is None else self.operand(location.path, target, default)
        self._write(operator, target, location.expression, (text, default_text), value)

    def operand(self, path: str, target: Target, value: Any) -> str:
        """Return a value's placeholder, and add it to `written`; return a `Ref` unchanged."""
        if isinstance(value, Ref):
            return value
        operand = target.operand(value)
        text = self.placeholders.value(target.attribute.name, operand)
        self.written[path] = (operand, text)
        return text

    def refer(self, target: Target) -> Location:
        """Return the location of an attribute, without changing it."""
        location = target.locate(self.placeholders)
        self._track(location.path, None, target)
        return location

    def _track(self, path: str, operator: Operator | None, target: Target) -> None:
        self.operators[path] = operator
        self.touched[path] = target.attribute

    def _write(
        self,
        operator: Operator,
        target: Target,
        name: str,
        texts: tuple[str, str | None],
        value: Any,
    ) -> None:
        text, default = texts
        match operator:
            case Operator.SET:
                self.enter("SET", f"{name} = {text}")
            case Operator.IF_NOT_EXISTS:
                self.enter("SET", f"{name} = if_not_exists({name}, {text})")
            case Operator.ADD:
                self._add(target, name, texts, nested=isinstance(value, Ref))
            case Operator.SUBTRACT:
                fallback = default or self._default(target, 0)
                self.enter("SET", f"{name} = (if_not_exists({name}, {fallback}) - {text})")
            case Operator.APPEND:
                fallback = self._default(target, [])
                appended = f"list_append(if_not_exists({name}, {fallback}), {text})"
                self.enter("SET", f"{name} = {appended}")
            case Operator.DELETE | Operator.REMOVE:
                self.enter("DELETE", f"{name} {text}")

    def _add(
        self, target: Target, name: str, texts: tuple[str, str | None], *, nested: bool
    ) -> None:
        text, default = texts
        if target.attribute.type is not Type.NUMBER:
            self.enter("ADD", f"{name} {text}")
        elif nested:
            self.enter("SET", f"{name} = {name} + {text}")
        elif default:
            self.enter("SET", f"{name} = (if_not_exists({name}, {default}) + {text})")
        else:
            self.enter("ADD", f"{name} {text}")

    def _default(self, target: Target, value: Any) -> str:
        return self.placeholders.value(f"{target.attribute.name}_default_value", value)


def _check_type(operator: Operator, target: Target) -> None:
    supported = _SUPPORTED_TYPES.get(operator)
    if supported and target.attribute.type not in supported:
        raise MisuseError(
            f"{target.dotted()} is a {target.attribute.type}; {operator} supports only "
            f"{', '.join(supported)}"
        )


def _is_empty_set(attribute: Attribute, value: Any) -> bool:
    """Return whether a value is an empty list for a set, which DynamoDB cannot store."""
    return attribute.type is Type.SET and isinstance(value, (list, tuple)) and not value


class DataOperations:
    """The operations of a `data` callback."""

    __slots__ = ("_update",)

    def __init__(self, update: Update) -> None:
        self._update = update

    def set(self, attribute: Reference, value: Any) -> None:
        """Set the attribute to a value or to another attribute's `name`."""
        self._apply(Operator.SET, attribute, value)

    def if_not_exists(self, attribute: Reference, value: Any) -> None:
        """Set the attribute if the item does not have it."""
        self._apply(Operator.IF_NOT_EXISTS, attribute, value)

    def add(self, attribute: Reference, value: Any, default: Any = None) -> None:
        """Add to a number (starting from `default`) or to a set."""
        self._apply(Operator.ADD, attribute, value, default)

    def subtract(self, attribute: Reference, value: Any, default: Any = None) -> None:
        """Subtract from a number, starting from `default` or 0."""
        self._apply(Operator.SUBTRACT, attribute, value, default)

    def append(self, attribute: Reference, value: Any) -> None:
        """Append elements to a list."""
        self._apply(Operator.APPEND, attribute, value)

    def delete(self, attribute: Reference, value: Any) -> None:
        """Delete members from a set."""
        self._apply(Operator.DELETE, attribute, value)

    def remove(self, attribute: Reference) -> None:
        """Remove the attribute from the item."""
        self._update.apply(Operator.REMOVE, target_of(attribute), None)

    def name(self, attribute: Reference) -> Ref:
        """Return the attribute itself, as operand of another operation."""
        return Ref(self._update.refer(target_of(attribute)).expression)

    def value(self, attribute: Reference, value: Any) -> Ref:
        """Return a value of this attribute, as operand of another operation."""
        target = target_of(attribute)
        return Ref(self._update.operand(self._update.refer(target).path, target, value))

    def _apply(
        self, operator: Operator, attribute: Reference, value: Any, default: Any = None
    ) -> None:
        if value is not None:
            self._update.apply(operator, target_of(attribute), value, default)


Data = Callable[[References, DataOperations], object]
