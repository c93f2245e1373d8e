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
    """What can be done to an attribute."""

    SET = "set"
    IF_NOT_EXISTS = "if_not_exists"
    ADD = "add"
    SUBTRACT = "subtract"
    APPEND = "append"
    DELETE = "delete"
    REMOVE = "remove"


_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_FITTING: dict[Operator, tuple[Type, ...]] = {
    Operator.ADD: (Type.NUMBER, Type.SET, Type.ANY),
    Operator.SUBTRACT: (Type.NUMBER, Type.ANY),
    Operator.APPEND: (Type.LIST, Type.ANY),
    Operator.DELETE: (Type.SET, Type.ANY),
}


class Update:
    """One UpdateExpression under construction.

    For each path of the wire, such as ``contact.phone``, it knows what was written there last
    under which placeholder (`written`), what was done last (`operators`) and to what (`touched`).
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
        """The whole expression: ``SET … REMOVE … ADD … DELETE …``."""
        return " ".join(
            f"{clause} {', '.join(entries)}" for clause, entries in self._entries.items() if entries
        )

    def enter(self, clause: str, entry: str) -> None:
        """Add an entry to a clause; the same entry twice counts once."""
        self._entries[clause][entry] = None

    def set_field(self, field: str, value: Any, *, if_not_exists: bool = False) -> None:
        """Set a field of the table by its own name; a second call replaces the entry."""
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
        """Remove a field of the table by its own name."""
        self.enter("REMOVE", self.placeholders.name(field, field))

    def replace_value(self, placeholder: str, value: Any) -> None:
        """Give a placeholder another value, such as a setter's result."""
        self.placeholders.values[placeholder] = value

    def apply(self, operator: Operator, target: Target, value: Any, default: Any = None) -> None:
        """Do one thing to one attribute.

        Raises:
            MisuseError: the operator does not fit the attribute's type.
        """
        if operator is Operator.REMOVE:
            location = target.locate(self.placeholders)
            self.enter("REMOVE", location.expression)
            self._note(location.path, operator, target)
            return
        _check_fits(operator, target)
        if _is_empty_set(target.attribute, value):
            return
        location = target.locate(self.placeholders)
        self._note(location.path, operator, target)
        text = self.operand(location.path, target, value)
        default_text = None if default is None else self.operand(location.path, target, default)
        self._write(operator, target, location.expression, (text, default_text), value)

    def operand(self, path: str, target: Target, value: Any) -> str:
        """The text of a value; one that is no reference becomes what was written last."""
        if isinstance(value, Ref):
            return value
        operand = target.operand(value)
        text = self.placeholders.value(target.attribute.name, operand)
        self.written[path] = (operand, text)
        return text

    def refer(self, target: Target) -> Location:
        """Name an attribute without changing it."""
        location = target.locate(self.placeholders)
        self._note(location.path, None, target)
        return location

    def _note(self, path: str, operator: Operator | None, target: Target) -> None:
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


def _check_fits(operator: Operator, target: Target) -> None:
    fitting = _FITTING.get(operator)
    if fitting and target.attribute.type not in fitting:
        raise MisuseError(
            f"{target.dotted()} is a {target.attribute.type}, and {operator} works on "
            f"{', '.join(fitting)} only"
        )


def _is_empty_set(attribute: Attribute, value: Any) -> bool:
    """An empty list for a set is skipped, since DynamoDB has no empty sets."""
    return attribute.type is Type.SET and isinstance(value, (list, tuple)) and not value


class DataOperations:
    """What a `data` callback may do with an attribute."""

    __slots__ = ("_update",)

    def __init__(self, update: Update) -> None:
        self._update = update

    def set(self, attribute: Reference, value: Any) -> None:
        """Set the attribute to a value or to another attribute's `name`."""
        self._apply(Operator.SET, attribute, value)

    def if_not_exists(self, attribute: Reference, value: Any) -> None:
        """Set the attribute unless the item has it."""
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
        """The attribute itself, as operand of another operation."""
        return Ref(self._update.refer(target_of(attribute)).expression)

    def value(self, attribute: Reference, value: Any) -> Ref:
        """A value of this attribute, as operand of another operation."""
        target = target_of(attribute)
        return Ref(self._update.operand(self._update.refer(target).path, target, value))

    def _apply(
        self, operator: Operator, attribute: Reference, value: Any, default: Any = None
    ) -> None:
        if value is not None:
            self._update.apply(operator, target_of(attribute), value, default)


Data = Callable[[References, DataOperations], object]
