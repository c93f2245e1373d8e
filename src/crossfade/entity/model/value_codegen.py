"""Source code that checks one value and leaves what is stored of it, without a call."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final

from crossfade.entity.model.codegen import Source
from crossfade.entity.schema.declarations import Attribute, Type
from crossfade.entity.values.validation import NUMBER_KINDS

_SCALARS: Final = (Type.STRING, Type.NUMBER, Type.BOOLEAN, Type.ENUM)
_CONTAINERS: Final = (Type.LIST, Type.SET, Type.MAP)


def is_sure(attribute: Attribute) -> bool:
    """Whether an accepted put always has a value of this attribute."""
    return attribute.required or not (attribute.default is None or callable(attribute.default))


def is_text(attribute: Attribute) -> bool:
    """Whether every value is a text."""
    texts = all(isinstance(value, str) for value in attribute.values)
    return attribute.type is Type.STRING or (attribute.type is Type.ENUM and texts)


def is_writable(attribute: Attribute, *, nested: bool = False) -> bool:
    """Whether `ValueCode` knows this attribute; validators and made children are for functions."""
    if attribute.validate is not None or (nested and callable(attribute.default)):
        return False
    match attribute.type:
        case Type.LIST | Type.SET:
            items = attribute.items
            return items is not None and _is_scalar(items) and items.validate is None
        case Type.MAP:
            return all(is_writable(child, nested=True) for child in attribute.properties.values())
        case _:
            return attribute.type is Type.ANY or _is_scalar(attribute)


def _is_scalar(attribute: Attribute) -> bool:
    return attribute.type in _SCALARS and (attribute.type is not Type.ENUM or is_text(attribute))


class ValueCode:
    """Adds to a source what checks values; anything unusual gives up.

    Args:
        source: the function.
        give_up: the statement that leaves the put to the general function.
        strict: empty sets are unusual.
    """

    def __init__(self, source: Source, give_up: str, *, strict: bool) -> None:
        self._source = source
        self._strict = strict
        self._give_up = give_up
        self._numbers = source.bound(frozenset(NUMBER_KINDS), "numbers")
        self._children = 0

    def value(self, attribute: Attribute, variable: str) -> None:
        """Replace a variable's value by what is stored; None for an absent one."""
        if attribute.default is not None and not callable(attribute.default):
            default = self._source.bound(attribute.default, "default")
            self._source.line(f"if {variable} is None: {variable} = {default}")
        if attribute.type in _CONTAINERS:
            self._container(attribute, variable)
        elif is_sure(attribute):
            self._refuse(self._unusual(attribute, variable) or f"{variable} is None")
        elif test := self._unusual(attribute, variable):
            self._refuse(f"{test} and {variable} is not None")

    def display(self, target: str, values: Mapping[str, str], absent: Mapping[str, str]) -> None:
        """Make a dictionary, then take out what is absent.

        Args:
            target: the variable that gets it.
            values: the expression of each field.
            absent: the variables, by field, that may be None.
        """
        shown = ", ".join(f"{field!r}: {value}" for field, value in values.items())
        self._source.line(f"{target} = {{{shown}}}")
        for field, value in absent.items():
            self._source.line(f"if {value} is None: del {target}[{field!r}]")

    def _refuse(self, test: str) -> None:
        self._source.line(f"if {test}: {self._give_up}")

    def _unusual(self, attribute: Attribute, variable: str) -> str:
        """The test that finds values of another class than the usual; None is among them."""
        match attribute.type:
            case Type.STRING:
                return f"{variable}.__class__ is not str"
            case Type.BOOLEAN:
                return f"{variable}.__class__ is not bool"
            case Type.NUMBER:
                return f"{variable}.__class__ not in {self._numbers}"
            case Type.ENUM:
                known = self._source.bound(frozenset(attribute.values), "known")
                return f"({variable}.__class__ is not str or {variable} not in {known})"
            case _:
                return ""

    def _container(self, attribute: Attribute, variable: str) -> None:
        present = self._source.block(f"if {variable} is not None:")
        with nullcontext() if is_sure(attribute) else present:
            match attribute.type:
                case Type.MAP:
                    self._map(attribute, variable)
                case Type.LIST:
                    self._members(attribute, variable, ("list", "tuple"))
                    self._source.line(f"{variable} = [*{variable}]")
                case _:
                    self._members(attribute, variable, ("list", "frozenset", "set", "tuple"))
                    self._source.line(f"{variable} = frozenset({variable})")

    def _members(self, attribute: Attribute, variable: str, classes: tuple[str, ...]) -> None:
        self._refuse(" and ".join(f"{variable}.__class__ is not {name}" for name in classes))
        if attribute.items is not None:
            with self._source.block(f"for member in {variable}:"):
                self._refuse(self._unusual(attribute.items, "member"))
        if self._strict and attribute.type is Type.SET:
            self._refuse(f"not {variable}")

    def _map(self, attribute: Attribute, variable: str) -> None:
        self._refuse(f"{variable}.__class__ is not dict")
        self._source.line(f"get_{variable} = {variable}.get")
        values: dict[str, str] = {}
        absent: dict[str, str] = {}
        for name, child in attribute.properties.items():
            self._children += 1
            found = values[child.field] = f"c{self._children}"
            self._source.line(f"{found} = get_{variable}({name!r})")
            self.value(child, found)
            if not is_sure(child):
                absent[child.field] = found
        self.display(variable, values, absent)
