"""The compiled keys of a schema: the literal text before, between and after their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.javascript import pad_left, scalar_text
from crossfade.entity.schema import template
from crossfade.entity.schema.declarations import (
    Attribute,
    Casing,
    Cast,
    Index,
    IndexType,
    Key,
    Type,
)
from crossfade.entity.schema.index_rules import is_templated, resolved_casing
from crossfade.entity.schema.schema import Schema

_NUMBER_CASTS = (Type.NUMBER, Type.STRING, Type.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Part:
    """A literal and the value after it; without a value, `name` is empty."""

    literal: str
    name: str
    label: str
    text: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class KeyForm:
    """The compiled form of one key of one index.

    Attributes:
        field: the key's name in the table; empty in multi-attribute indexes.
        names: the composites, in order.
        parts: the literals and values, in order.
        prefix: the text before the first part.
        postfix: the text after the last part of a complete key.
        casing: the letter case of the whole key; never `Casing.DEFAULT`.
        numeric: whether the key is a number.
        templated: whether the key has a template, given or implied.
    """

    field: str
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    prefix: str
    postfix: str
    casing: Casing
    numeric: bool
    templated: bool


@dataclass(frozen=True, slots=True)
class IndexForm:
    """The compiled form of one access pattern."""

    name: str
    index: str
    type: IndexType
    pk: KeyForm
    sk: KeyForm | None
    collections: tuple[str, ...]
    condition: Callable[[Mapping[str, Any]], Any] | None
    scope: str
    projection: str | tuple[str, ...] | None
    order: tuple[str, ...]

    @property
    def composites(self) -> tuple[str, ...]:
        """Return the attributes of the partition key, then those of the sort key."""
        return self.order

    @property
    def keys(self) -> tuple[KeyForm, ...]:
        """Return the partition key and, if there is one, the sort key."""
        return (self.pk, self.sk) if self.sk else (self.pk,)


def compile_indexes(schema: Schema) -> dict[str, IndexForm]:
    """Return every access pattern of a schema by name; a field has one form in all of them."""
    seen: dict[str, KeyForm] = {}
    forms: dict[str, IndexForm] = {}
    for name, index in schema.indexes.items():
        pk = _shared(seen, _partition_key(schema, index))
        sk = _shared(seen, _sort_key(schema, index, index.sk)) if index.sk else None
        for key in (pk, sk):
            if key and key.field:
                seen.setdefault(key.field, key)
        forms[name] = IndexForm(
            name=name,
            index=index.index,
            type=index.type,
            pk=pk,
            sk=sk,
            collections=index.collections,
            condition=index.condition,
            scope=index.scope,
            projection=index.projection,
            order=(*pk.names, *(sk.names if sk else ())),
        )
    return forms


def _shared(seen: dict[str, KeyForm], key: KeyForm) -> KeyForm:
    return seen.get(key.field, key) if key.field else key


def collection_prefix(collections: tuple[str, ...]) -> str:
    """Return the text before the entity in the sort keys of a collection, ``$wide#narrow``."""
    return f"${'#'.join(collections)}" if collections else ""


def _entity_segment(schema: Schema, index: Index) -> str:
    mark = "#" if index.collections else "$"
    version = "" if schema.legacy else f"_{schema.version}"
    return f"{mark}{schema.entity}{version}"


def _partition_key(schema: Schema, index: Index) -> KeyForm:
    version = f"_{schema.version}" if schema.legacy else ""
    prefix = f"${schema.service}{version}"
    if index.sk is None:
        prefix += collection_prefix(index.collections) + _entity_segment(schema, index)
    if index.scope:
        prefix += f"_{index.scope}"
    return _key_form(schema, index.pk, prefix, "")


def _sort_key(schema: Schema, index: Index, key: Key) -> KeyForm:
    prefix, segment = collection_prefix(index.collections), _entity_segment(schema, index)
    if index.type is IndexType.CLUSTERED:
        return _key_form(schema, key, prefix, segment)
    return _key_form(schema, key, prefix + segment, "")


def _key_form(schema: Schema, key: Key, prefix: str, postfix: str) -> KeyForm:
    attributes = schema.attributes
    templated = is_templated(key, attributes)
    names = key.composite or ()
    if templated:
        parts = _template_parts(key.template or f"${{{names[0]}}}", attributes)
    else:
        parts = tuple(_composed_part(name, attributes[name]) for name in names)
    return KeyForm(
        field=key.field,
        names=names,
        parts=parts,
        prefix="" if templated else prefix,
        postfix="" if templated else postfix,
        casing=resolved_casing(key.casing),
        numeric=_is_numeric(key, parts, attributes, templated=templated),
        templated=templated,
    )


def _template_parts(text: str, attributes: Mapping[str, Attribute]) -> tuple[Part, ...]:
    return tuple(
        Part(
            piece.literal,
            piece.name,
            piece.literal,
            _part_text(piece.name, attributes.get(piece.name)),
        )
        for piece in template.parse(text, "template")
    )


def _composed_part(name: str, attribute: Attribute) -> Part:
    return Part(f"#{attribute.label}_", name, attribute.label, _part_text(name, attribute))


def _part_text(name: str, attribute: Attribute | None) -> Callable[[Any], str]:
    """Return the function from a value of this attribute to its text in keys."""
    padding = attribute and attribute.padding
    if padding and padding.length and padding.char:
        length, char = padding.length, padding.char
        return lambda value: pad_left(scalar_text(value, name), length, char)
    return lambda value: scalar_text(value, name)


def _is_numeric(
    key: Key, parts: tuple[Part, ...], attributes: Mapping[str, Attribute], *, templated: bool
) -> bool:
    names = key.composite or ()
    if key.cast is Cast.STRING or len(names) != 1:
        return False
    type_ = attributes[names[0]].type
    if key.cast is Cast.NUMBER:
        return type_ in _NUMBER_CASTS
    has_no_literal = templated and len(parts) == 1 and not parts[0].literal
    return has_no_literal and type_ is Type.NUMBER
