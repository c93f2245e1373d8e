"""The checks of a schema's attributes and filters, made once when it is declared.

`from_json` checks the structure of a JSON form; this module checks the meaning of its options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossfade.entity.errors import Code, EntityError, kind_of
from crossfade.entity.schema.declarations import Attribute, Index, Type
from crossfade.entity.schema.index_rules import check_indexes

_IDENTIFIERS = ("__edb_e__", "__edb_v__")
_FILTER_NAMES_TAKEN = ("go", "params", "filter", "where", "set")
_KEY_TYPES = (Type.STRING, Type.NUMBER, Type.BOOLEAN, Type.ENUM)
_SET_TYPES = (Type.STRING, Type.NUMBER, Type.BOOLEAN, Type.ENUM)


def check(attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]) -> None:
    """Check the attributes and indexes of a schema.

    Raises:
        EntityError: the message gives the attribute or index and the rule; the code is ElectroDB's.
    """
    check_indexes(attributes, indexes)
    _check_composite_types(attributes, indexes)
    _check_attributes("attributes", attributes)
    _check_watching(attributes)
    _check_projections(attributes, indexes)
    _check_composites_known(attributes, indexes)
    _check_fields("attributes", attributes)


def _bad_attribute(where: str, rule: str) -> EntityError:
    return EntityError(Code.INVALID_ATTRIBUTE_DEFINITION, f"{where} {rule}")


def _composites(indexes: Mapping[str, Index]) -> Iterator[tuple[str, str]]:
    """Yield each access pattern's key and each of its composites."""
    for pattern, index in indexes.items():
        for key_name, key in (("pk", index.pk), ("sk", index.sk)):
            for name in (key and key.composite) or ():
                yield f"indexes.{pattern}.{key_name}", name


def _check_composite_types(
    attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]
) -> None:
    for where, name in _composites(indexes):
        attribute = attributes.get(name)
        if attribute and attribute.type not in _KEY_TYPES:
            raise _bad_attribute(
                f"attributes.{name}",
                f"is a {attribute.type} and cannot be a composite of {where}; "
                "keys can contain string, number, boolean and enum only",
            )


def _check_composites_known(
    attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]
) -> None:
    for where, name in _composites(indexes):
        if name not in attributes:
            raise EntityError(
                Code.INVALID_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
                f"{where} names the attribute {name!r}, which is not declared",
            )


def _check_attributes(where: str, attributes: Mapping[str, Attribute]) -> None:
    for name, attribute in attributes.items():
        _check_attribute(f"{where}.{name}", attribute)


def _check_attribute(where: str, attribute: Attribute) -> None:
    for option in ("get", "set"):
        handler = getattr(attribute, option)
        if handler is not None and not callable(handler):
            raise EntityError(Code.INVALID_MODEL, f"{where}.{option} must be a function")
    if attribute.type is Type.MAP:
        _check_attributes(f"{where}.properties", attribute.properties)
        _check_fields(f"{where}.properties", attribute.properties)
    if attribute.type in (Type.LIST, Type.SET):
        _check_items(where, attribute)
    if attribute.type is Type.ENUM and not attribute.values:
        raise _bad_attribute(where, "is an enum without values")


def _check_items(where: str, attribute: Attribute) -> None:
    if attribute.items is None:
        raise _bad_attribute(where, f"is a {attribute.type} without items")
    if attribute.type is Type.SET and attribute.items.type not in _SET_TYPES:
        raise _bad_attribute(f"{where}.items", "of a set must be strings, numbers or enum values")
    _check_attribute(f"{where}.items", attribute.items)


def _check_fields(where: str, attributes: Mapping[str, Attribute]) -> None:
    used: dict[str, str] = {}
    for name, attribute in attributes.items():
        owner = used.get(attribute.field) or used.get(attribute.name)
        if owner:
            raise _bad_attribute(
                f"{where}.{name}.field",
                f"{attribute.field!r} is taken by the attribute {owner!r}; choose another field",
            )
        used[attribute.field] = name


def _check_watching(attributes: Mapping[str, Attribute]) -> None:
    for name, attribute in attributes.items():
        for watched in attribute.watch:
            if watched == "*" and len(attribute.watch) == 1:
                continue
            target = attributes.get(watched)
            if target is None or (target.watch and target.watch != ("*",)):
                fault = "is not declared" if target is None else "has a watch of its own"
                raise EntityError(
                    Code.INVALID_ATTRIBUTE_WATCH_DEFINITION,
                    f"attributes.{name}.watch names {watched!r}, which {fault}",
                )


def _check_projections(attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]) -> None:
    for pattern, index in indexes.items():
        if isinstance(index.projection, str) or index.projection is None:
            continue
        for name in index.projection:
            if name not in attributes and name not in _IDENTIFIERS:
                raise EntityError(
                    Code.INVALID_PROJECTION_DEFINITION,
                    f"indexes.{pattern}.projection names {name!r}, which is not declared",
                )


def check_filters(filters: Mapping[str, object]) -> None:
    """Check the filters of a schema.

    Raises:
        EntityError: 1011 for the name of a method of calls, 1009 for a value that is no function.
    """
    for name, function in filters.items():
        if name in _FILTER_NAMES_TAKEN:
            raise EntityError(
                Code.INVALID_FILTER,
                f"filters.{name}: calls have a method with this name; rename it",
            )
        if not callable(function):
            raise EntityError(
                Code.INVALID_MODEL, f"filters.{name} must be a function, not {kind_of(function)}"
            )
