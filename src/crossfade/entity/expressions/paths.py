"""Paths of wire names to the attributes of a schema: ``contact.phones[*]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from crossfade.entity.schema.declarations import Attribute, Type

_INDEX = re.compile(r"\[\d+\]")


def generic(path: str) -> str:
    """Return the path with every index replaced by ``[*]``."""
    return _INDEX.sub("[*]", path)


def walk(attributes: Mapping[str, Attribute], parent: str = "") -> Iterator[tuple[str, Attribute]]:
    """Yield every attribute with its path, parents first."""
    for attribute in attributes.values():
        path = f"{parent}.{attribute.name}" if parent else attribute.name
        yield path, attribute
        yield from _inside(path, attribute)


def _inside(path: str, attribute: Attribute) -> Iterator[tuple[str, Attribute]]:
    yield from walk(attribute.properties, path)
    if attribute.type is Type.LIST and attribute.items:
        yield f"{path}[*]", attribute.items
        yield from _inside(f"{path}[*]", attribute.items)
