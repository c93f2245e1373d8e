"""Validation of values against their declared types, with defaults.

Each attribute is compiled to one function, its acceptor: `Accept` takes a value (None for an absent
one), appends its faults to a list, and returns the accepted value. Source of the rules: ElectroDB's
`default`, `required` and `validate`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from crossfade.entity.errors import Code, EntityError, Fault, kind_of
from crossfade.entity.schema.declarations import Attribute, Type

Faults = list[Fault]
Accept = Callable[[Any, Faults], Any]
_Check = Callable[[Any, Faults], Any]

NUMBER_KINDS: Final = (int, float, Decimal)
SET_KINDS: Final = (list, tuple, set, frozenset)
_MEMBER_KINDS: Final = (str, *NUMBER_KINDS)
_UNCHECKED_CLASSES: Final[Mapping[Type, type]] = {
    Type.STRING: str,
    Type.NUMBER: int,
    Type.BOOLEAN: bool,
}
_UNCHECKED_ELEMENTS: Final[Mapping[Type, frozenset[type]]] = {
    Type.STRING: frozenset((str,)),
    Type.NUMBER: frozenset((int, float, Decimal)),
    Type.BOOLEAN: frozenset((bool,)),
}
_VALIDATOR_ERRORS: Final = (ValueError, TypeError, LookupError, ArithmeticError, AssertionError)


class _NoValue:
    """A class without instances."""


def unchecked_class(attribute: Attribute) -> type:
    """Return the class whose direct instances need no check; one without instances if none."""
    if attribute.validate is not None:
        return _NoValue
    return _UNCHECKED_CLASSES.get(attribute.type, _NoValue)


def raise_faults(faults: Faults) -> None:
    """Raise one error for the faults of an attribute, if there are any.

    Raises:
        EntityError: 3001.
    """
    if faults:
        reasons = "; ".join(f"{fault.path}: {fault.reason}" for fault in faults)
        raise EntityError(Code.INVALID_ATTRIBUTE, reasons, faults=tuple(faults))


def acceptor(attribute: Attribute, path: str, *, with_defaults: bool = True) -> Accept:
    """Return the acceptor of an attribute.

    Args:
        attribute: the declaration.
        path: the attribute's path in messages, such as ``contact.phones[*]``.
        with_defaults: whether to fill in defaults, including those of map children.
    """
    check = _check_of(attribute, path, with_defaults=with_defaults)
    validate = _validator(attribute.validate, path)
    default = _default(attribute.default) if with_defaults else None

    if validate is None and default is None:
        return _plain_acceptor(check, path, required=attribute.required)

    def accept(value: Any, faults: Faults) -> Any:
        if value is None and default is not None:
            value = default()
        if value is None:
            if attribute.required:
                faults.append(Fault(path, "is required"))
                return None
        else:
            found = len(faults)
            value = check(value, faults)
            if len(faults) > found:
                return None
        if validate is not None:
            validate(value, faults)
        return value

    return accept


def _plain_acceptor(check: _Check, path: str, *, required: bool) -> Accept:
    """Return the acceptor of an attribute without default and validator."""

    def accept(value: Any, faults: Faults) -> Any:
        if value is not None:
            return check(value, faults)
        if required:
            faults.append(Fault(path, "is required"))
        return None

    return accept


def _default(declared: Any) -> Callable[[], Any] | None:
    if declared is None:
        return None
    return declared if callable(declared) else (lambda: declared)


def _validator(declared: Any, path: str) -> Callable[[Any, Faults], None] | None:
    if declared is None:
        return None
    if isinstance(declared, re.Pattern):
        return _pattern_validator(declared, path)

    def call(value: Any, faults: Faults) -> None:
        given = list(value) if isinstance(value, SET_KINDS) else value
        try:
            if not declared(given):
                faults.append(Fault(path, "the validator rejects it"))
        except _VALIDATOR_ERRORS as error:
            faults.append(Fault(path, str(error)))

    return call


def _pattern_validator(pattern: re.Pattern[str], path: str) -> Callable[[Any, Faults], None]:
    def search(value: Any, faults: Faults) -> None:
        if value is not None and not pattern.search(str(value)):
            faults.append(Fault(path, "does not match the declared pattern"))

    return search


def _check_of(attribute: Attribute, path: str, *, with_defaults: bool) -> _Check:
    match attribute.type:
        case Type.MAP:
            return _map_check(attribute, path, with_defaults=with_defaults)
        case Type.LIST:
            return _list_check(attribute, path, with_defaults=with_defaults)
        case Type.SET:
            return _set_check(attribute, path)
        case _:
            return _scalar_check(attribute, path)


def _scalar_check(attribute: Attribute, path: str) -> _Check:
    match attribute.type:
        case Type.STRING:
            return _kind_check(path, "string", str)
        case Type.BOOLEAN:
            return _kind_check(path, "boolean", bool)
        case Type.NUMBER:
            return _number_check(path)
        case Type.ENUM:
            return _enum_check(path, attribute.values)
        case _:
            return lambda value, _faults: value


def _wrong(path: str, value: Any, expected: str) -> Fault:
    return Fault(path, f"must be a {expected}, not {kind_of(value)}")


def _kind_check(path: str, expected: str, kind: type) -> _Check:
    def check(value: Any, faults: Faults) -> Any:
        if not isinstance(value, kind):
            faults.append(_wrong(path, value, expected))
        return value

    return check


def _number_check(path: str) -> _Check:
    def check(value: Any, faults: Faults) -> Any:
        if isinstance(value, bool) or not isinstance(value, NUMBER_KINDS):
            faults.append(_wrong(path, value, "number"))
        return value

    return check


def _enum_check(path: str, values: tuple[Any, ...]) -> _Check:
    known = frozenset((isinstance(value, str), value) for value in values)
    texts = frozenset(value for value in values if isinstance(value, str))
    listed = ", ".join(map(str, values))

    def check(value: Any, faults: Faults) -> Any:
        if value.__class__ is str and value in texts:
            return value
        scalar = isinstance(value, (str, *NUMBER_KINDS)) and not isinstance(value, bool)
        if not scalar or (isinstance(value, str), value) not in known:
            faults.append(Fault(path, f"must be one of {listed}"))
        return value

    return check


def _map_check(attribute: Attribute, path: str, *, with_defaults: bool) -> _Check:
    children = tuple(
        (
            name,
            unchecked_class(child),
            acceptor(child, f"{path}.{child.name}", with_defaults=with_defaults),
        )
        for name, child in attribute.properties.items()
    )

    def check(value: Any, faults: Faults) -> Any:
        if value.__class__ is not dict and not isinstance(value, Mapping):
            faults.append(_wrong(path, value, "map"))
            return value
        accepted = {}
        for name, kind, accept in children:
            child = value.get(name)
            if child.__class__ is not kind:
                child = accept(child, faults)
            if child is not None:
                accepted[name] = child
        return accepted

    return check


def _element(items: Attribute | None, path: str, *, with_defaults: bool) -> Accept:
    if items is None:
        return lambda value, _faults: value
    return acceptor(items, f"{path}[*]", with_defaults=with_defaults)


def _list_check(attribute: Attribute, path: str, *, with_defaults: bool) -> _Check:
    accept = _element(attribute.items, path, with_defaults=with_defaults)
    keeps_null = attribute.items is not None and attribute.items.type is Type.ANY
    unchecked = _unchecked_element_classes(attribute.items)

    def check(value: Any, faults: Faults) -> Any:
        if not isinstance(value, (list, tuple)):
            faults.append(_wrong(path, value, "list"))
            return value
        if unchecked.issuperset(map(type, value)):
            return list(value)
        accepted: list[Any] = []
        for index, element in enumerate(value):
            found: Faults = []
            checked = accept(element, found)
            faults.extend(Fault(fault.path, fault.reason, index) for fault in found)
            if checked is not None or keeps_null:
                accepted.append(checked)
        return accepted

    return check


def _unchecked_element_classes(items: Attribute | None) -> frozenset[type]:
    """Return the classes whose direct instances need no check as elements."""
    if items is None or items.validate is not None:
        return frozenset()
    return _UNCHECKED_ELEMENTS.get(items.type, frozenset())


def _set_check(attribute: Attribute, path: str) -> _Check:
    accept = _element(attribute.items, path, with_defaults=False)
    unchecked = _unchecked_element_classes(attribute.items)

    def check(value: Any, faults: Faults) -> Any:
        if not isinstance(value, SET_KINDS):
            if isinstance(value, bool) or not isinstance(value, _MEMBER_KINDS):
                faults.append(_wrong(path, value, "set or a list"))
                return value
            value = [value]
        if unchecked.issuperset(map(type, value)):
            return value
        for element in value:
            accept(element, faults)
        return value

    return check
