"""The requests that every DynamoDB client sends, in DynamoDB's JSON and as Python values."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.types import TypeDeserializer

TABLE = "bench"
PAGE_ITEMS = 25
BATCH_ITEMS = 25

ITEM: dict[str, Any] = {
    "pk": {"S": "CAMP#0196f3a2-9d41-7c6e-b6a0-2b1f8f4a9d10"},
    "sk": {"S": "SESS#0196f3a2-9d41-7c6e-b6a0-2b1f8f4a9d11"},
    "__edb_e__": {"S": "session"},
    "__edb_v__": {"S": "1"},
    "id": {"S": "0196f3a2-9d41-7c6e-b6a0-2b1f8f4a9d11"},
    "title": {"S": "The lighthouse at the end of the salt road"},
    "status": {"S": "ready"},
    "number": {"N": "17"},
    "seconds": {"N": "12873"},
    "public": {"BOOL": False},
    "language": {"S": "en"},
    "createdAt": {"S": "2026-01-03T12:00:00.123456Z"},
    "updatedAt": {"S": "2026-01-03T12:00:00.123456Z"},
    "transcriptStorageKey": {"S": "transcripts/0196f3a2-9d41-7c6e-b6a0-2b1f8f4a9d11/9f86d081"},
    "cf_v": {"N": "3"},
}
KEY = {name: ITEM[name] for name in ("pk", "sk")}

REQUESTS: dict[str, dict[str, Any]] = {
    "PutItem": {
        "TableName": TABLE,
        "Item": ITEM,
        "ConditionExpression": "attribute_not_exists(cf_v) OR cf_v < :version",
        "ExpressionAttributeValues": {":version": {"N": "3"}},
    },
    "GetItem": {"TableName": TABLE, "Key": KEY, "ConsistentRead": True},
    "Query": {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": ITEM["pk"]},
    },
    "BatchWriteItem": {"RequestItems": {TABLE: [{"PutRequest": {"Item": ITEM}}] * BATCH_ITEMS}},
}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}


PLAIN_ITEM = _plain(ITEM)
PLAIN_KEY = _plain(KEY)
