"""The checks of a schema's access patterns and keys."""

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

_PIECES_MAX = 2


def check_indexes(attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]) -> None:
    """Check each access pattern alone, against the others, and against the attributes.

    Raises:
        EntityError: the message gives the access pattern and the rule; the code is ElectroDB's.
    """
    if not indexes:
        raise EntityError(Code.INVALID_MODEL, "indexes is empty; declare the table's keys")
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
    """Return whether a key has a template, given or implied; see `_is_attribute`."""
    return bool(key.template) or (key.template is None and _is_attribute(key, attributes))


def _is_attribute(key: Key, attributes: Mapping[str, Attribute]) -> bool:
    """Return whether a key's field holds an attribute, and its only composite has that name."""
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
    for is_broken, code, rule in (
        (not index.index, Code.INVALID_INDEX_DEFINITION, "cannot be the table itself"),
        (index.condition is not None, Code.INVALID_INDEX_OPTION, "cannot have a condition"),
        (bool(index.scope), Code.INVALID_INDEX_OPTION, "cannot have a scope"),
        (any(fields), Code.INVALID_INDEX_DEFINITION, "cannot have key fields"),
    ):
        if is_broken:
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
            "a sort key may repeat a composite only as its single one",
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
                "give each access pattern a different index",
            )
        seen[index.index] = pattern
    if "" not in seen:
        raise EntityError(
            Code.MISSING_PRIMARY_INDEX,
            "no access pattern is the table itself; declare one without an index",
        )


def _check_collections(indexes: Mapping[str, Index]) -> None:
    seen: dict[str, str] = {}
    for pattern, index in indexes.items():
        for collection in index.collections:
            if collection in seen:
                raise EntityError(
                    Code.DUPLICATE_COLLECTIONS,
                    f"the collection {collection!r} is on indexes.{seen[collection]} "
                    f"and indexes.{pattern}; a collection must be on one index per entity",
                )
            seen[collection] = pattern


def _check_shared_fields(indexes: Mapping[str, Index]) -> None:
    """Check that a field shared by two indexes is the same key in both."""
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
        raise EntityError(
            code, f"{where} and {other_where} share a field but have different composites"
        )
    if key.template != other.template:
        raise EntityError(
            Code.INCOMPATIBLE_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
            f"{where} and {other_where} share a field but have different templates",
        )
    if resolved_casing(key.casing) is not resolved_casing(other.casing):
        raise EntityError(
            Code.INCOMPATIBLE_KEY_CASING,
            f"{where} and {other_where} share a field but have different casings",
        )


def resolved_casing(casing: Casing) -> Casing:
    """Return the casing, with `Casing.DEFAULT` resolved to lower case."""
    return Casing.LOWER if casing is Casing.DEFAULT else casing


def _check_template(where: str, key: Key) -> None:
    if key.template and template.names(key.template, where) != key.composite:
        raise EntityError(
            Code.INCOMPATIBLE_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
            f"{where}: template and composite have different attributes, or in another order",
        )


def _check_cast(where: str, key: Key) -> None:
    if key.cast is Cast.NUMBER and len(key.composite or ()) > 1:
        raise EntityError(
            Code.INVALID_MODEL,
            f"{where}.cast: only a key with a single composite can be a number",
        )


def _check_key_attributes(
    attributes: Mapping[str, Attribute], indexes: Mapping[str, Index]
) -> None:
    """Check that an attribute stored in a key's field is the only composite of that key."""
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
                            f"{where}: a key that is an attribute cannot be in a collection",
                        )
                    if attribute.padding:
                        raise EntityError(
                            Code.INVALID_ATTRIBUTE_DEFINITION,
                            f"attributes.{name}.padding: {where} is the bare attribute",
                        )


def _check_key_attribute(
    name: str, attribute: Attribute, where: str, key: Key, attributes: Mapping[str, Attribute]
) -> None:
    def broken(rule: str) -> EntityError:
        return EntityError(
            Code.INVALID_INDEX_WITH_ATTRIBUTE_NAME,
            f"{where} has the field of {name}, so it {rule}; or choose another field",
        )

    if len(key.composite or ()) > 1:
        raise broken("must have no other composite")
    if not is_templated(key, attributes):
        raise broken(f"needs a template, such as ${{{key.field}}}")
    pieces = template.parse(key.template, where) if key.template else ()
    if len(pieces) > _PIECES_MAX:
        raise broken("may have one literal before and one after the attribute")
    if attribute.type not in (Type.STRING, Type.ENUM) and any(piece.literal for piece in pieces):
        raise broken("may have literals only if the attribute is a string")
