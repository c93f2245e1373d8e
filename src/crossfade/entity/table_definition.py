"""The table that entities need, as the parameters of CreateTable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from crossfade.entity.entity import Entity
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.schema.declarations import IndexType, Type

_KEY_FIELDS = ("AttributeName", "KeyType")


def table_definition(table: str, entities: Iterable[Entity[Any]]) -> dict[str, Any]:
    """The parameters of CreateTable for a table that all these entities share, paid by request.

    Where entities disagree on what an index projects, everything is projected.

    Raises:
        EntityError: 1024 when entities need different keys of one index, or different types.
    """
    types: dict[str, str] = {}
    keys: dict[str, list[tuple[str, str]]] = {}
    projections: dict[str, dict[str, Any]] = {}
    for entity in entities:
        for form in entity.indexes.values():
            wanted = list(_key_schema(entity, form))
            fields = [(field, kind) for field, kind, _ in wanted]
            if keys.setdefault(form.index, fields) != fields:
                raise _differs(f"the keys of {form.index or 'the table'}")
            for field, _, type_ in wanted:
                if types.setdefault(field, type_) != type_:
                    raise _differs(f"the type of {field}")
            projection = _projection(entity, form)
            if projections.setdefault(form.index, projection) != projection:
                projections[form.index] = {"ProjectionType": "ALL"}
    secondary = [
        {"IndexName": index, "KeySchema": _written(fields), "Projection": projections[index]}
        for index, fields in keys.items()
        if index
    ]
    definitions = [{"AttributeName": f, "AttributeType": type_} for f, type_ in types.items()]
    return {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": definitions,
        "KeySchema": _written(keys[""]),
        **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
    }


def _differs(what: str) -> EntityError:
    return EntityError(
        Code.INCONSISTENT_INDEX_DEFINITION,
        f"the entities differ in {what}; give them one declaration, or a table each",
    )


def _written(fields: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [dict(zip(_KEY_FIELDS, field, strict=True)) for field in fields]


def _key_schema(entity: Entity[Any], form: IndexForm) -> Iterator[tuple[str, str, str]]:
    """Each key field with its kind and its type."""
    for kind, key in zip(("HASH", "RANGE"), form.keys, strict=False):
        if form.type is not IndexType.COMPOSITE:
            yield key.field, kind, "N" if key.numeric else "S"
            continue
        yield from ((field, kind, type_) for field, type_ in _attribute_keys(entity, key))


def _attribute_keys(entity: Entity[Any], key: KeyForm) -> Iterator[tuple[str, str]]:
    """The fields that are the key of a multi-attribute index, with their types."""
    for name in key.names:
        attribute = entity.schema.attributes[name]
        yield attribute.field, "N" if attribute.type is Type.NUMBER else "S"


def _projection(entity: Entity[Any], form: IndexForm) -> dict[str, Any]:
    attributes = entity.schema.attributes
    match form.projection:
        case None | "all":
            return {"ProjectionType": "ALL"}
        case "keys_only":
            return {"ProjectionType": "KEYS_ONLY"}
        case names:
            fields = [attributes[n].field if n in attributes else n for n in names]
            return {"ProjectionType": "INCLUDE", "NonKeyAttributes": fields}
