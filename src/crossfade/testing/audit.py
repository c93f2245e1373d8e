"""An independent audit: compare every row with its item and its objects.

It shares no code with the writers of items. It reads rows as typed Python values, items and objects
through botocore, and compares Python values: a `Decimal` with a `Decimal`, an instant with an
instant. It uses only the declaration of a mapping. Keys must be declared as templates.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import zstandard
from botocore.exceptions import ClientError
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

from crossfade.mapping.declaration.columns import Body, Shape
from crossfade.mapping.declaration.mapping import Mapping as TableMapping
from crossfade.testing.audit_values import agrees, plain

CONTROL = frozenset({"__edb_e__", "__edb_v__", "cf_v", "cf_m"})
ROWS_PER_FETCH = 100
_AS_TEXT = ("timestamp", "timestamptz", "date", "time", "timetz", "interval", "json")


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores to audit, and botocore's clients to read them.

    Attributes:
        dsn: the libpq URL of the database.
        dynamodb: a botocore client for DynamoDB.
        table_name: the name of the table.
        s3: a botocore client for S3.
        bucket: the name of the bucket.
    """

    dsn: str
    dynamodb: Any
    table_name: str
    s3: Any
    bucket: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, without content.

    Attributes:
        entity: the name of the mapping.
        key: partition key and sort key of the item, joined by a slash.
        kind: ``different``, ``missing`` or ``extra``.
        fields: the attributes that differ, sorted; empty unless `kind` is ``different``.
    """

    entity: str
    key: str
    kind: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityAudit:
    """The counts of one entity.

    Attributes:
        entity: the name of the mapping.
        rows: the rows of its table.
        items: its items, tombstones excluded.
        objects: the object pointers in the items of its rows.
        equal: rows that equal their item and objects.
        different: rows that differ from their item or an object.
        missing: rows without an item.
        extra: items without a row.
        pending: ledger keys that are not delivered yet.
    """

    entity: str
    rows: int
    items: int
    objects: int
    equal: int
    different: int
    missing: int
    extra: int
    pending: int

    @property
    def is_clean(self) -> bool:
        """Return whether every row has an equal item, no item is extra and no key is pending."""
        return self.rows == self.items == self.equal and self.pending == 0


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit: the counts of each entity, and every difference."""

    entities: tuple[EntityAudit, ...]
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        """Return whether both stores are equal and no key is pending."""
        return all(entity.is_clean for entity in self.entities)


def audit(stores: Stores, mappings: Sequence[TableMapping]) -> Audit:
    """Compare every row of the mapped tables with its item and objects; blocks.

    Args:
        stores: the stores to compare.
        mappings: the declarations.
    """
    items = _items(stores)
    with psycopg.connect(stores.dsn) as connection:
        _read_exactly(connection)
        results = [_audit_entity(stores, connection, one, items) for one in mappings]
    return Audit(
        tuple(counts for counts, _ in results),
        tuple(finding for _, findings in results for finding in findings),
    )


def _audit_entity(
    stores: Stores,
    connection: psycopg.Connection[Any],
    mapping: TableMapping,
    items: dict[str, dict[tuple[str, str], dict[str, Any]]],
) -> tuple[EntityAudit, list[Finding]]:
    unmatched = {
        key: item for shape in mapping.shapes for key, item in items.get(shape.entity, {}).items()
    }
    found, rows, objects = len(unmatched), 0, 0
    findings: list[Finding] = []
    for row in _rows(connection, mapping):
        rows += 1
        shape = _shape_of(mapping, row)
        key = _table_key(mapping, shape, row)
        item = unmatched.pop(key, None)
        if item is None:
            findings.append(Finding(mapping.name, "/".join(key), "missing"))
        else:
            differing, verified = _differences(stores, mapping, shape, row, item)
            objects += verified
            if differing:
                findings.append(Finding(mapping.name, "/".join(key), "different", differing))
    findings += [Finding(mapping.name, "/".join(key), "extra") for key in unmatched]
    kinds = [finding.kind for finding in findings]
    missing, different = kinds.count("missing"), kinds.count("different")
    counts = EntityAudit(
        entity=mapping.name,
        rows=rows,
        items=found,
        objects=objects,
        equal=rows - missing - different,
        different=different,
        missing=missing,
        extra=len(unmatched),
        pending=_pending(connection, mapping),
    )
    return counts, findings


def _differences(
    stores: Stores,
    mapping: TableMapping,
    shape: Shape,
    row: Mapping[str, Any],
    item: Mapping[str, Any],
) -> tuple[tuple[str, ...], int]:
    """Return the names of the attributes that differ, and the number of object pointers."""
    stored = {name: plain(attribute) for name, attribute in item.items()}
    expected = _keys(mapping, shape, row)
    expected |= {"__edb_e__": shape.entity, "__edb_v__": mapping.model_version}
    differing = [name for name, text in expected.items() if stored.get(name) != text]
    known = CONTROL | expected.keys()
    spilled = {body.column for body in mapping.bodies if body.attribute in stored}
    for column in mapping.columns:
        if column.name in spilled:
            continue
        known |= {column.field}
        value = row[column.name]
        is_right = (value is not None) == (column.field in stored) and agrees(
            value, stored.get(column.field), column.type
        )
        if not is_right:
            differing.append(column.field)
    objects = 0
    for body in mapping.bodies:
        known |= {body.attribute}
        if body.overflow_only and body.attribute not in stored:
            continue
        if not _same_object(stores, row[body.column], stored.get(body.attribute)):
            differing.append(body.attribute)
        objects += stored.get(body.attribute) is not None
    return tuple(sorted({*differing, *(stored.keys() - known)})), objects


def _same_object(stores: Stores, content: Any, pointer: Any) -> bool:
    if content is None or pointer is None:
        return content is pointer
    plain_bytes = str(content).encode()
    if not str(pointer).endswith(hashlib.sha256(plain_bytes).hexdigest()):
        return False
    try:
        answer = stores.s3.get_object(Bucket=stores.bucket, Key=pointer)
    except ClientError:
        return False
    data = answer["Body"].read()
    if answer.get("ContentEncoding") == "zstd":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return bool(data == plain_bytes)


def _shape_of(mapping: TableMapping, row: Mapping[str, Any]) -> Shape:
    values = _attributes(mapping, row)
    return next(
        shape
        for shape in mapping.shapes
        if all(name in values for name in shape.table_composites())
    )


def _table_key(mapping: TableMapping, shape: Shape, row: Mapping[str, Any]) -> tuple[str, str]:
    keys = _keys(mapping, shape, row)
    return keys["pk"], keys["sk"]


def _keys(mapping: TableMapping, shape: Shape, row: Mapping[str, Any]) -> dict[str, str]:
    """Render the key templates of every index that has all its values."""
    values = _attributes(mapping, row)
    keys: dict[str, str] = {}
    for index in shape.indexes.values():
        sides = (index["pk"], index["sk"])
        names = [name for side in sides for name in re.findall(r"\$\{(\w+)\}", side["template"])]
        if all(name in values for name in names):
            render = partial(re.sub, r"\$\{(\w+)\}", lambda match: values[match[1]])
            keys |= {side["field"]: render(side["template"]) for side in sides}
    return keys


def _attributes(mapping: TableMapping, row: Mapping[str, Any]) -> dict[str, str]:
    return {
        column.attribute: str(row[column.name])
        for column in mapping.columns
        if row[column.name] is not None
    }


def _rows(connection: psycopg.Connection[Any], mapping: TableMapping) -> Iterator[dict[str, Any]]:
    always = [body for body in mapping.bodies if not body.overflow_only]
    columns = [
        *(sql.Identifier(column.name) for column in mapping.columns),
        *(_as_text(body) for body in always),
    ]
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(columns), sql.Identifier(*mapping.table.split("."))
    )
    with connection.cursor(name="audit", row_factory=dict_row) as cursor:
        cursor.itersize = ROWS_PER_FETCH
        yield from cursor.execute(query)


def _as_text(body: Body) -> sql.Composed:
    name = sql.Identifier(body.column)
    return sql.SQL("{}::text AS {}").format(name, name)


def _items(stores: Stores) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
    """Return all items except tombstones, by entity and item key."""
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    pages = stores.dynamodb.get_paginator("scan").paginate(
        TableName=stores.table_name, ConsistentRead=True
    )
    for page in pages:
        for item in page["Items"]:
            if "cf_deleted" not in item:
                entity = item.get("__edb_e__", {}).get("S", "")
                found.setdefault(entity, {})[item["pk"]["S"], item["sk"]["S"]] = item
    return found


def _pending(connection: psycopg.Connection[Any], mapping: TableMapping) -> int:
    row = connection.execute(
        "SELECT count(*) FROM crossfade.ledger WHERE entity = %s AND version > acked",
        (mapping.name,),
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _read_exactly(connection: psycopg.Connection[Any]) -> None:
    """Make the connection load JSON with exact numbers, and times as PostgreSQL's text."""
    connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = iso_8601")
    connection.commit()
    set_json_loads(partial(json.loads, parse_float=Decimal), connection)
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
