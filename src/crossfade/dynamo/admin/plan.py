"""The plan of a table, its description, and the requests that bring it to the plan. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossfade.errors import ConfigurationError

KEYS = ("pk", "sk")


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index with all attributes; both its keys are strings.

    Attributes:
        name: the index's name.
        partition_key: the attribute that is its partition key.
        sort_key: the attribute that is its sort key.
    """

    name: str = "gsi1"
    partition_key: str = "gsi1pk"
    sort_key: str = "gsi1sk"


@dataclass(frozen=True, slots=True)
class Plan:
    """The desired state of a table; its keys are ``pk`` and ``sk``, and it is billed on demand.

    Attributes:
        name: the table's name.
        indexes: its global secondary indexes.
        point_in_time_recovery: whether it can be restored to any second of the last 35 days.
        deletion_protection: whether AWS refuses to delete it.
        kms_key_id: the KMS key that encrypts it; a key that AWS owns unless given.
        ttl_attribute: the attribute with the time when an item expires; None: items never expire.
    """

    name: str
    indexes: tuple[Index, ...] = (Index(),)
    point_in_time_recovery: bool = True
    deletion_protection: bool = True
    kms_key_id: str | None = None
    ttl_attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """The present state of a table.

    Attributes:
        name: the table's name.
        status: DynamoDB's table status, such as ``ACTIVE``.
        keys: the attributes of partition and sort key, in this order.
        indexes: its global secondary indexes.
        billing: ``PAY_PER_REQUEST`` or ``PROVISIONED``.
        point_in_time_recovery: None if the engine does not report it.
        deletion_protection: whether the service refuses to delete it.
        encryption: ``AWS owned key``, or the KMS key's ARN.
        ttl_attribute: the attribute with the time when an item expires; None: items never expire.
        items: the number of items, which AWS counts about every six hours.
        size_bytes: their size, counted at the same time.
        notes: features of the plan that the engine refused.
    """

    name: str
    status: str
    keys: tuple[str, ...]
    indexes: tuple[Index, ...]
    billing: str
    point_in_time_recovery: bool | None
    deletion_protection: bool
    encryption: str
    ttl_attribute: str | None
    items: int
    size_bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A request that brings a table closer to its plan.

    Attributes:
        feature: the name of what it enables, for messages.
        method: botocore's name of the operation, such as ``update_table``.
        request: the operation's parameters.
    """

    feature: str
    method: str
    request: Mapping[str, Any]


def creation(plan: Plan) -> dict[str, Any]:
    """Return the parameters of CreateTable."""
    names = dict.fromkeys(
        [*KEYS, *(key for index in plan.indexes for key in (index.partition_key, index.sort_key))]
    )
    request: dict[str, Any] = {
        "TableName": plan.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": _key_schema(*KEYS),
        "DeletionProtectionEnabled": plan.deletion_protection,
    }
    if plan.indexes:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema(index.partition_key, index.sort_key),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in plan.indexes
        ]
    if plan.kms_key_id is not None:
        request["SSESpecification"] = _encryption(plan.kms_key_id)
    return request


def changes(plan: Plan, found: Description) -> Iterator[Change]:
    """Yield the changes that enable features of the plan; none disables one."""
    if plan.deletion_protection and not found.deletion_protection:
        request: dict[str, Any] = {"TableName": plan.name, "DeletionProtectionEnabled": True}
        yield Change("deletion protection", "update_table", request)
    if plan.kms_key_id is not None and found.encryption == AWS_OWNED:
        request = {"TableName": plan.name, "SSESpecification": _encryption(plan.kms_key_id)}
        yield Change("encryption with a KMS key", "update_table", request)
    if plan.point_in_time_recovery and not found.point_in_time_recovery:
        request = {
            "TableName": plan.name,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        }
        yield Change("point-in-time recovery", "update_continuous_backups", request)
    if plan.ttl_attribute is not None and found.ttl_attribute != plan.ttl_attribute:
        specification = {"Enabled": True, "AttributeName": plan.ttl_attribute}
        request = {"TableName": plan.name, "TimeToLiveSpecification": specification}
        yield Change("expiry of items", "update_time_to_live", request)


AWS_OWNED = "AWS owned key"


def description_of(
    table: Mapping[str, Any], backups: Mapping[str, Any] | None, ttl: Mapping[str, Any] | None
) -> Description:
    """Return a table's state.

    Args:
        table: ``Table`` of DescribeTable's answer.
        backups: ``ContinuousBackupsDescription`` of DescribeContinuousBackups' answer; None if the
            engine refused it.
        ttl: ``TimeToLiveDescription`` of DescribeTimeToLive's answer; None if the engine refused
            it.
    """
    recovery = (backups or {}).get("PointInTimeRecoveryDescription", {})
    enabled = (ttl or {}).get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    encryption = table.get("SSEDescription", {})
    return Description(
        name=table["TableName"],
        status=table["TableStatus"],
        keys=_keys(table["KeySchema"]),
        indexes=tuple(
            Index(index["IndexName"], *_keys(index["KeySchema"]))
            for index in table.get("GlobalSecondaryIndexes", ())
        ),
        billing=table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        point_in_time_recovery=(
            None if backups is None else recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        ),
        deletion_protection=bool(table.get("DeletionProtectionEnabled")),
        encryption=encryption.get("KMSMasterKeyArn", AWS_OWNED),
        ttl_attribute=(ttl or {}).get("AttributeName") if enabled else None,
        items=table.get("ItemCount", 0),
        size_bytes=table.get("TableSizeBytes", 0),
    )


def check(plan: Plan, found: Description) -> None:
    """Compare a table's keys and indexes, which are never changed, with its plan.

    Raises:
        ConfigurationError: the table has other keys, or lacks an index of the plan.
    """
    if found.keys != KEYS:
        raise ConfigurationError(
            f"{plan.name}: the existing table has the keys {', '.join(found.keys)} instead of pk "
            "and sk; choose another DYNAMODB_TABLE_NAME"
        )
    missing = [index.name for index in plan.indexes if index not in found.indexes]
    if missing:
        raise ConfigurationError(
            f"{plan.name}: the existing table lacks the index {', '.join(missing)} or has it with "
            "other keys; add the index, or choose another DYNAMODB_TABLE_NAME"
        )


def is_active(table: Mapping[str, Any] | None) -> bool:
    """Return whether a table and all its indexes are ready for use."""
    if table is None or table["TableStatus"] != "ACTIVE":
        return False
    indexes: Sequence[Mapping[str, Any]] = table.get("GlobalSecondaryIndexes", ())
    return all(index.get("IndexStatus", "ACTIVE") == "ACTIVE" for index in indexes)


def _encryption(kms_key_id: str) -> dict[str, Any]:
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": kms_key_id}


def _key_schema(partition_key: str, sort_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition_key, "KeyType": "HASH"},
        {"AttributeName": sort_key, "KeyType": "RANGE"},
    ]


def _keys(schema: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    ordered = sorted(schema, key=lambda part: part["KeyType"] != "HASH")
    return tuple(part["AttributeName"] for part in ordered)
