"""The generator of inline code that validates one value and converts it to its stored form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final

from crossfade.entity.model.codegen import FunctionBuilder
from crossfade.entity.schema.declarations import Attribute, Type
from crossfade.entity.values.validation import NUMBER_KINDS

_SCALARS: Final = (Type.STRING, Type.NUMBER, Type.BOOLEAN, Type.ENUM)
_CONTAINERS: Final = (Type.LIST, Type.SET, Type.MAP)


def is_always_present(attribute: Attribute) -> bool:
    """Return whether every accepted put has a value of this attribute."""
    return attribute.required or not (attribute.default is None or callable(attribute.default))


def is_string(attribute: Attribute) -> bool:
    """Return whether every value of this attribute is a string."""
    strings = all(isinstance(value, str) for value in attribute.values)
    return attribute.type is Type.STRING or (attribute.type is Type.ENUM and strings)


def is_emittable(attribute: Attribute, *, nested: bool = False) -> bool:
    """Return whether `ValueEmitter` can generate code for this attribute.

    Validators, and default functions of map children, need the general functions.
    """
    if attribute.validate is not None or (nested and callable(attribute.default)):
        return False
    match attribute.type:
        case Type.LIST | Type.SET:
            items = attribute.items
            return items is not None and _is_scalar(items) and items.validate is None
        case Type.MAP:
            return all(is_emittable(child, nested=True) for child in attribute.properties.values())
        case _:
            return attribute.type is Type.ANY or _is_scalar(attribute)


def _is_scalar(attribute: Attribute) -> bool:
    return attribute.type in _SCALARS and (attribute.type is not Type.ENUM or is_string(attribute))


class ValueEmitter:
    """A writer of code that validates values, and falls back on any value it does not cover.

    Args:
        builder: the function that receives the code.
        fall_back: the statement that passes the put to the general function.
        strict: fall back on empty sets too.
    """

    def __init__(self, builder: FunctionBuilder, fall_back: str, *, strict: bool) -> None:
        self._builder = builder
        self._strict = strict
        self._fall_back = fall_back
        self._numbers = builder.bind(frozenset(NUMBER_KINDS), "numbers")
        self._children = 0

    def emit(self, attribute: Attribute, variable: str) -> None:
        """Replace a variable's value by its stored form; an absent value stays None."""
        if attribute.default is not None and not callable(attribute.default):
            default = self._builder.bind(attribute.default, "default")
            self._builder.line(f"if {variable} is None: {variable} = {default}")
        if attribute.type in _CONTAINERS:
            self._emit_container(attribute, variable)
        elif is_always_present(attribute):
            self._fall_back_if(self._mismatch(attribute, variable) or f"{variable} is None")
        elif test := self._mismatch(attribute, variable):
            self._fall_back_if(f"{test} and {variable} is not None")

    def emit_dict(
        self, target: str, values: Mapping[str, str], nullable: Mapping[str, str]
    ) -> None:
        """Build a dictionary, then delete the fields whose value is None.

        Args:
            target: the variable that receives it.
            values: the expression of each field.
            nullable: the variables that may be None, by field.
        """
        shown = ", ".join(f"{field!r}: {value}" for field, value in values.items())
        self._builder.line(f"{target} = {{{shown}}}")
        for field, value in nullable.items():
            self._builder.line(f"if {value} is None: del {target}[{field!r}]")

    def _fall_back_if(self, test: str) -> None:
        self._builder.line(f"if {test}: {self._fall_back}")

    def _mismatch(self, attribute: Attribute, variable: str) -> str:
        """Return the test for values of another class, which None is too; empty for any type."""
        match attribute.type:
            case Type.STRING:
                return f"{variable}.__class__ is not str"
            case Type.BOOLEAN:
                return f"{variable}.__class__ is not bool"
            case Type.NUMBER:
                return f"{variable}.__class__ not in {self._numbers}"
            case Type.ENUM:
                known = self._builder.bind(frozenset(attribute.values), "known")
                return f"({variable}.__class__ is not str or {variable} not in {known})"
            case _:
                return ""

    def _emit_container(self, attribute: Attribute, variable: str) -> None:
        present = self._builder.block(f"if {variable} is not None:")
        with nullcontext() if is_always_present(attribute) else present:
            match attribute.type:
                case Type.MAP:
                    self._emit_map(attribute, variable)
                case Type.LIST:
                    self._emit_members(attribute, variable, ("list", "tuple"))
                    self._builder.line(f"{variable} = [*{variable}]")
                case _:
                    classes = ("list", "frozenset", "set", "tuple")
                    self._emit_members(attribute, variable, classes)
                    self._builder.line(f"{variable} = frozenset({variable})")

    def _emit_members(self, attribute: Attribute, variable: str, classes: tuple[str, ...]) -> None:
        self._fall_back_if(" and ".join(f"{variable}.__class__ is not {name}" for name in classes))
        if attribute.items is not None:
            with self._builder.block(f"for member in {variable}:"):
                self._fall_back_if(self._mismatch(attribute.items, "member"))
        if self._strict and attribute.type is Type.SET:
            self._fall_back_if(f"not {variable}")

    def _emit_map(self, attribute: Attribute, variable: str) -> None:
        self._fall_back_if(f"{variable}.__class__ is not dict")
        self._builder.line(f"get_{variable} = {variable}.get")
        values: dict[str, str] = {}
        nullable: dict[str, str] = {}
        for name, child in attribute.properties.items():
            self._children += 1
            child_variable = values[child.field] = f"c{self._children}"
            self._builder.line(f"{child_variable} = get_{variable}({name!r})")
            self.emit(child, child_variable)
            if not is_always_present(child):
                nullable[child.field] = child_variable
        self.emit_dict(variable, values, nullable)
