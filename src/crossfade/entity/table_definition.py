"""The CreateTable parameters for the table of a set of entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from crossfade.entity.entity import Entity
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.schema.declarations import IndexType, Type

_KEY_FIELDS = ("AttributeName", "KeyType")


def table_definition(table: str, entities: Iterable[Entity[Any]]) -> dict[str, Any]:
    """Return the CreateTable parameters for a table shared by these entities, billed per request.

    If the entities' projections of an index differ, the index projects all attributes.

    Raises:
        EntityError: 1024 if the entities' keys of an index, or the types of a key field, differ.
    """
    types: dict[str, str] = {}
    keys: dict[str, list[tuple[str, str]]] = {}
    projections: dict[str, dict[str, Any]] = {}
    for entity in entities:
        for form in entity.indexes.values():
            key_schema = list(_key_schema(entity, form))
            fields = [(field, kind) for field, kind, _ in key_schema]
            if keys.setdefault(form.index, fields) != fields:
                raise _inconsistent(f"the keys of {form.index or 'the table'}")
            for field, _, type_ in key_schema:
                if types.setdefault(field, type_) != type_:
                    raise _inconsistent(f"the type of {field}")
            projection = _projection(entity, form)
            if projections.setdefault(form.index, projection) != projection:
                projections[form.index] = {"ProjectionType": "ALL"}
    secondary = [
        {
            "IndexName": index,
            "KeySchema": _key_schema_json(fields),
            "Projection": projections[index],
        }
        for index, fields in keys.items()
        if index
    ]
    definitions = [{"AttributeName": f, "AttributeType": type_} for f, type_ in types.items()]
    return {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": definitions,
        "KeySchema": _key_schema_json(keys[""]),
        **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
    }


def _inconsistent(difference: str) -> EntityError:
    return EntityError(
        Code.INCONSISTENT_INDEX_DEFINITION,
        f"the entities differ in {difference}; align the declarations, or use separate tables",
    )


def _key_schema_json(fields: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [dict(zip(_KEY_FIELDS, field, strict=True)) for field in fields]


def _key_schema(entity: Entity[Any], form: IndexForm) -> Iterator[tuple[str, str, str]]:
    """Yield each key field with its kind and its type."""
    for kind, key in zip(("HASH", "RANGE"), form.keys, strict=False):
        if form.type is not IndexType.COMPOSITE:
            yield key.field, kind, "N" if key.numeric else "S"
            continue
        yield from ((field, kind, type_) for field, type_ in _attribute_keys(entity, key))


def _attribute_keys(entity: Entity[Any], key: KeyForm) -> Iterator[tuple[str, str]]:
    """Yield the fields of a key of a multi-attribute index, with their types."""
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
