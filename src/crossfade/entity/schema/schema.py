"""The schema of an entity: its model, attributes and access patterns, checked on construction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.javascript import is_integer_index
from crossfade.entity.schema import from_json, template, to_json
from crossfade.entity.schema.declarations import Attribute, Index, Key
from crossfade.entity.schema.rules import check, check_filters


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The declaration of one entity of a table.

    Attributes and access patterns have their Python names; an attribute's `name` and `field` give
    the names that requests and stored items use. The constructor checks the whole schema.

    Args:
        entity: ElectroDB's `model.entity`.
        version: ElectroDB's `model.version`; it is part of every composed sort key.
        service: ElectroDB's `model.service`, the prefix of every composed partition key.
        attributes: by Python name.
        indexes: the access patterns by name; exactly one has no `index`: the table itself.
        table: the table's name, if the schema specifies it.
        legacy: whether the model has ElectroDB's old form, which differs in key prefixes only.
        filters: functions for `filter` of calls, by name; `where` needs no declaration.

    Raises:
        EntityError: the schema is invalid; the code is ElectroDB's.
    """

    entity: str
    service: str
    version: str = "1"
    attributes: Mapping[str, Attribute]
    indexes: Mapping[str, Index]
    table: str = ""
    legacy: bool = False
    filters: Mapping[str, Callable[..., str]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        attributes = _normal_attributes(self.attributes)
        indexes = {name: _normal_index(name, index) for name, index in self.indexes.items()}
        check(attributes, indexes)
        check_filters(self.filters)
        object.__setattr__(self, "attributes", MappingProxyType(attributes))
        object.__setattr__(self, "indexes", MappingProxyType(indexes))

    @classmethod
    def from_json(cls, model: Mapping[str, Any], *, snake_case: bool = False) -> Schema:
        """Return the schema of ElectroDB's JSON form.

        Args:
            model: `model`, `attributes`, `indexes` and optionally `table`. Options that are
                functions in ElectroDB may be functions; a pattern may be ``{"$regex": "..."}``.
            snake_case: whether ``userId`` becomes ``user_id`` in Python.

        Raises:
            EntityError: the form is malformed, or the schema is invalid.
        """
        return cls(**from_json.read(model, snake_case=snake_case))

    def to_json(self) -> dict[str, Any]:
        """Return ElectroDB's JSON form of this schema.

        Raises:
            EntityError: 1009 if the schema contains functions, which have no JSON form.
        """
        if self.filters:
            raise EntityError(Code.INVALID_MODEL, "filters: a function has no JSON form")
        head = {"entity": self.entity, "version": self.version, "service": self.service}
        written: dict[str, Any] = head.copy() if self.legacy else {"model": head}
        if self.table:
            written["table"] = self.table
        return {**written, **to_json.write(self.attributes, self.indexes)}


def _normal_attributes(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """Return the attributes in JavaScript's property order, with default names filled in."""
    first = sorted((name for name in attributes if is_integer_index(name)), key=int)
    rest = [name for name in attributes if not is_integer_index(name)]
    return {name: _normal_attribute(name, attributes[name]) for name in (*first, *rest)}


def _normal_attribute(python_name: str, attribute: Attribute) -> Attribute:
    name = attribute.name or python_name
    return dataclasses.replace(
        attribute,
        name=name,
        field=attribute.field or name,
        label=attribute.label or name,
        properties=MappingProxyType(_normal_attributes(attribute.properties)),
        items=attribute.items and _normal_attribute("*", attribute.items),
    )


def _normal_index(name: str, index: Index) -> Index:
    return dataclasses.replace(
        index,
        pk=_normal_key(f"{name}.pk", index.pk),
        sk=index.sk and _normal_key(f"{name}.sk", index.sk),
    )


def _normal_key(where: str, key: Key) -> Key:
    if key.composite is not None:
        return key
    return dataclasses.replace(
        key, composite=template.names(key.template, where) if key.template else ()
    )
