"""The rules of access patterns and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossfade.entity.errors import Code, EntityError
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

_LITERALS_MAX = 2


def check_indexes(attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]) -> None:
    """Check every access pattern alone, then against the others, then against the attributes."""
    if not indexes:
        raise EntityError(Code.INVALID_MODEL, "indexes is empty; declare the table's own keys")
    for pattern, index in indexes.items():
        _check_options(f"indexes.{pattern}", index)
        _check_composites(f"indexes.{pattern}", index)
        _check_projection_form(f"indexes.{pattern}", index)
    _check_index_names(indexes)
    _check_collections(indexes)
    _check_shared_fields(indexes)
    for pattern, index in indexes.items():
        for where, key in _keys(pattern, index):
            _check_template(where, key)
    _check_key_attributes(attributes, indexes)
    for pattern, index in indexes.items():
        for where, key in _keys(pattern, index):
            _check_cast(where, key)


def _keys(pattern: str, index: Index) -> Iterator[tuple[str, Key]]:
    yield f"indexes.{pattern}.pk", index.pk
    if index.sk:
        yield f"indexes.{pattern}.sk", index.sk


def is_templated(key: Key, attributes: Mapping[str, Attribute]) -> bool:
    """Whether a key is a template; one whose only composite is the attribute of its field is."""
    return bool(key.template) or (key.template is None and stands_for_attribute(key, attributes))


def stands_for_attribute(key: Key, attributes: Mapping[str, Attribute]) -> bool:
    """Whether the key's only composite is named like its field, which an attribute has too."""
    if len(key.composite or ()) != 1 or not any(a.field == key.field for a in attributes.values()):
        return False
    only = attributes.get((key.composite or ("",))[0])
    return only is not None and only.name == key.field


def _check_options(where: str, index: Index) -> None:
    fields = [key.field for key in (index.pk, index.sk) if key]
    if not index.index and index.condition is not None:
        raise EntityError(
            Code.INVALID_INDEX_OPTION, f"{where}.condition is allowed on secondary indexes only"
        )
    if index.type is not IndexType.COMPOSITE:
        if not all(fields):
            raise EntityError(
                Code.INVALID_INDEX_DEFINITION, f"{where} has a key without a field; name it"
            )
        return
    for refused, code, rule in (
        (not index.index, Code.INVALID_INDEX_DEFINITION, "cannot be the table's own keys"),
        (index.condition is not None, Code.INVALID_INDEX_OPTION, "takes no condition"),
        (bool(index.scope), Code.INVALID_INDEX_OPTION, "takes no scope"),
        (any(fields), Code.INVALID_INDEX_DEFINITION, "takes no key fields"),
    ):
        if refused:
            raise EntityError(code, f"{where} is a multi-attribute index and {rule}")


def _check_composites(where: str, index: Index) -> None:
    if index.sk is None:
        if index.collections:
            raise EntityError(
                Code.COLLECTION_NO_SK, f"{where}.collection needs a sort key on the index"
            )
        return
    if index.sk.field and index.sk.field == index.pk.field:
        raise EntityError(
            Code.DUPLICATE_INDEX_FIELDS, f"{where} uses one field for both of its keys"
        )
    sort = index.sk.composite or ()
    both = sorted(set(index.pk.composite or ()) & set(sort))
    if both and len(sort) > 1:
        raise EntityError(
            Code.DUPLICATE_INDEX_COMPOSITE_ATTRIBUTES,
            f"{where} has {', '.join(both)} in both keys; "
            "a sort key may repeat one only as its single composite",
        )


def _check_projection_form(where: str, index: Index) -> None:
    projection = index.projection
    if projection is None:
        return
    known = isinstance(projection, str) and projection.lower() in ("all", "keys_only")
    if not known and (isinstance(projection, str) or not projection):
        raise EntityError(
            Code.INVALID_PROJECTION_DEFINITION,
            f'{where}.projection must be "all", "keys_only" or a list of attributes',
        )


def _check_index_names(indexes: Mapping[str, Index]) -> None:
    seen: dict[str, str] = {}
    for pattern, index in indexes.items():
        if index.index in seen:
            name = repr(index.index) if index.index else "the table itself"
            raise EntityError(
                Code.DUPLICATE_INDEXES,
                f"indexes.{pattern} and indexes.{seen[index.index]} are both {name}; "
                "give each access pattern an index of its own",
            )
        seen[index.index] = pattern
    if "" not in seen:
        raise EntityError(
            Code.MISSING_PRIMARY_INDEX,
            "no access pattern is the table itself; declare one without index",
        )


def _check_collections(indexes: Mapping[str, Index]) -> None:
    seen: dict[str, str] = {}
    for pattern, index in indexes.items():
        for collection in index.collections:
            if collection in seen:
                raise EntityError(
                    Code.DUPLICATE_COLLECTIONS,
                    f"the collection {collection!r} is on indexes.{seen[collection]} "
                    f"and indexes.{pattern}; a collection has one index per entity",
                )
            seen[collection] = pattern


def _check_shared_fields(indexes: Mapping[str, Index]) -> None:
    """A field that serves two indexes is the same key in both."""
    first: dict[str, tuple[str, Key]] = {}
    for pattern, index in indexes.items():
        if index.type is IndexType.COMPOSITE:
            continue
        for where, key in _keys(pattern, index):
            if key.field not in first:
                first[key.field] = (where, key)
                continue
            _check_same_key(where, key, *first[key.field])


def _check_same_key(where: str, key: Key, other_where: str, other: Key) -> None:
    if key.composite != other.composite:
        code = (
            Code.INCONSISTENT_INDEX_DEFINITION
            if where.endswith(".pk")
            else Code.DUPLICATE_INDEX_FIELDS
        )
        raise EntityError(code, f"{where} and {other_where} share a field but not the composites")
    if key.template != other.template:
        raise EntityError(
            Code.INCOMPATIBLE_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
            f"{where} and {other_where} share a field but not the template",
        )
    if lowered(key.casing) is not lowered(other.casing):
        raise EntityError(
            Code.INCOMPATIBLE_KEY_CASING,
            f"{where} and {other_where} share a field but not the casing",
        )


def lowered(casing: Casing) -> Casing:
    """The casing with the default spelled out."""
    return Casing.LOWER if casing is Casing.DEFAULT else casing


def _check_template(where: str, key: Key) -> None:
    if key.template and template.names(key.template, where) != key.composite:
        raise EntityError(
            Code.INCOMPATIBLE_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
            f"{where}: template and composite name different attributes, or in another order",
        )


def _check_cast(where: str, key: Key) -> None:
    if key.cast is Cast.NUMBER and len(key.composite or ()) > 1:
        raise EntityError(
            Code.INVALID_MODEL,
            f"{where}.cast: only a key of a single composite can be a number",
        )


def _check_key_attributes(
    attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]
) -> None:
    """An attribute stored in a key's own field must be all that the key is made of."""
    for name, attribute in attributes.items():
        for pattern, index in indexes.items():
            if index.type is IndexType.COMPOSITE:
                continue
            for where, key in _keys(pattern, index):
                if key.field == attribute.field:
                    _check_key_attribute(f"attributes.{name}", attribute, where, key, attributes)
                    if index.collections:
                        raise EntityError(
                            Code.INVALID_COLLECTION_ON_INDEX_WITH_ATTRIBUTE_FIELD_NAMES,
                            f"{where}: a key that is an attribute cannot be part of a collection",
                        )
                    if attribute.padding:
                        raise EntityError(
                            Code.INVALID_ATTRIBUTE_DEFINITION,
                            f"attributes.{name}.padding: {where} is the attribute itself",
                        )


def _check_key_attribute(
    name: str, attribute: Attribute, where: str, key: Key, attributes: Mapping[str, Attribute]
) -> None:
    def refused(rule: str) -> EntityError:
        return EntityError(
            Code.INVALID_INDEX_WITH_ATTRIBUTE_NAME,
            f"{where} has the field of {name}, so it {rule}; or choose another field",
        )

    if len(key.composite or ()) > 1:
        raise refused("may have that one composite only")
    if not is_templated(key, attributes):
        raise refused(f"needs a template, such as ${{{key.field}}}")
    pieces = template.parse(key.template, where) if key.template else ()
    if len(pieces) > _LITERALS_MAX:
        raise refused("may have one literal before and one after the attribute")
    if attribute.type not in (Type.STRING, Type.ENUM) and any(piece.literal for piece in pieces):
        raise refused("takes literals only if the attribute is a text")
