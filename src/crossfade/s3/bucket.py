"""Creating, describing and deleting the bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.config
from botocore.exceptions import BotoCoreError, ClientError

from crossfade.aws.credentials import open_session
from crossfade.errors import ConfigurationError, StoreNotEmpty
from crossfade.s3.config import Config, Encryption
from crossfade.s3.errors import CONTROL_ERRORS, from_botocore

ACCESS_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
# The error codes of stores that lack an operation, and of AWS if a feature was never configured.
_UNSET = frozenset(
    {
        "MethodNotAllowed",
        "NoSuchPublicAccessBlockConfiguration",
        "NotImplemented",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)


@dataclass(frozen=True, slots=True)
class Description:
    """The present state of a bucket; a feature that the store lacks counts as disabled.

    Attributes:
        name: the bucket's name.
        versioned: whether deleted objects can be restored.
        public_access_blocked: whether all four settings of S3 Block Public Access are enabled.
        owner_enforced: whether access control lists are disabled.
        encryption: the default encryption of objects, such as ``AES256``, or ``none``.
        empty: whether it has no objects and no versions of objects.
    """

    name: str
    versioned: bool
    public_access_blocked: bool
    owner_enforced: bool
    encryption: str
    empty: bool


async def create(config: Config) -> Description:
    """Create the bucket, or protect the existing one, and return its state.

    Public access is blocked, access control lists are disabled, versioning and default encryption
    are enabled. A store that lacks one of these features is left without it.

    Raises:
        ConfigurationError: the name is taken by another account.
        Unavailable: S3 refuses or does not answer.
    """
    return await asyncio.to_thread(_create, config)


async def describe(config: Config) -> Description:
    """Return the bucket's state.

    Raises:
        NoSuchStore: the bucket does not exist.
        Unavailable: S3 refuses or does not answer.
    """
    return await asyncio.to_thread(_describe, config)


async def delete(config: Config, *, confirmed_name: str) -> None:
    """Delete the bucket if it is empty.

    Args:
        config: bucket, endpoint, credentials and limits.
        confirmed_name: the bucket's name as the user typed it to confirm.

    Raises:
        ConfigurationError: the names differ.
        StoreNotEmpty: it has objects or versions of objects.
        NoSuchStore: the bucket does not exist.
        Unavailable: S3 refuses or does not answer.
    """
    if confirmed_name != config.bucket:
        raise ConfigurationError("the confirmed name is not the bucket's; nothing was deleted")
    await asyncio.to_thread(_delete, config)


def _create(config: Config) -> Description:
    client = _client(config)
    _make(client, config)
    features: list[tuple[str, dict[str, Any]]] = [
        ("put_public_access_block", {"PublicAccessBlockConfiguration": ACCESS_BLOCKED}),
        (
            "put_bucket_ownership_controls",
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        ),
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ]
    if config.encryption is not Encryption.NONE:
        features.append(("put_bucket_encryption", _default_encryption(config)))
    for operation, arguments in features:
        _call_if_known(client, operation, Bucket=config.bucket, **arguments)
    return _describe(config)


def _make(client: Any, config: Config) -> None:
    arguments: dict[str, Any] = {"Bucket": config.bucket}
    if config.region != "us-east-1":  # S3 does not accept it as a location constraint
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": config.region}
    try:
        client.create_bucket(**arguments)
    except client.exceptions.BucketAlreadyOwnedByYou:
        return
    except client.exceptions.BucketAlreadyExists:
        raise ConfigurationError(
            "the bucket's name is taken by another account; choose another S3_BUCKET_NAME"
        ) from None
    except CONTROL_ERRORS as failure:
        raise from_botocore("create_bucket", failure) from None


def _describe(config: Config) -> Description:
    client = _client(config)
    name = config.bucket
    empty = _is_empty(client, name)
    versioning = _call_if_known(client, "get_bucket_versioning", Bucket=name)
    access = _call_if_known(client, "get_public_access_block", Bucket=name)
    ownership = _call_if_known(client, "get_bucket_ownership_controls", Bucket=name)
    encryption = _call_if_known(client, "get_bucket_encryption", Bucket=name)
    return Description(
        name=name,
        versioned=versioning.get("Status") == "Enabled",
        public_access_blocked=access.get("PublicAccessBlockConfiguration") == ACCESS_BLOCKED,
        owner_enforced=_owner_enforced(ownership),
        encryption=_encryption(encryption),
        empty=empty,
    )


def _delete(config: Config) -> None:
    client = _client(config)
    if not _is_empty(client, config.bucket):
        raise StoreNotEmpty("the bucket has objects or versions of objects; remove them first")
    _call(client, "delete_bucket", Bucket=config.bucket)


def _is_empty(client: Any, name: str) -> bool:
    found = _call(client, "list_object_versions", Bucket=name, MaxKeys=1)
    return not found.get("Versions") and not found.get("DeleteMarkers")


def _default_encryption(config: Config) -> dict[str, Any]:
    default = {"SSEAlgorithm": config.encryption.value}
    if config.kms_key_id is not None:
        default["KMSMasterKeyID"] = config.kms_key_id
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": config.encryption is Encryption.KMS,
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def _owner_enforced(answer: dict[str, Any]) -> bool:
    rules = answer.get("OwnershipControls", {}).get("Rules", [])
    return [rule.get("ObjectOwnership") for rule in rules] == ["BucketOwnerEnforced"]


def _encryption(answer: dict[str, Any]) -> str:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    for rule in rules:
        algorithm = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
        if algorithm:
            return str(algorithm)
    return "none"


def _call(client: Any, operation: str, **arguments: Any) -> dict[str, Any]:
    call: Callable[..., dict[str, Any]] = getattr(client, operation)
    try:
        return call(**arguments)
    except CONTROL_ERRORS as failure:
        raise from_botocore(operation, failure) from None


def _call_if_known(client: Any, operation: str, **arguments: Any) -> dict[str, Any]:
    """Return the answer of an operation, {} if the store lacks it or nothing was configured."""
    try:
        call: Callable[..., dict[str, Any]] = getattr(client, operation)
        return call(**arguments)
    except ClientError as failure:
        if failure.response.get("Error", {}).get("Code") in _UNSET:
            return {}
        raise from_botocore(operation, failure) from None
    except BotoCoreError as failure:
        raise from_botocore(operation, failure) from None


def _client(config: Config) -> Any:
    limits = botocore.config.Config(
        connect_timeout=config.attempt_timeout_seconds,
        read_timeout=config.attempt_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": config.attempts_max},
        s3={"addressing_style": "path"},
    )
    return open_session(config.keys).create_client(
        "s3", region_name=config.region, endpoint_url=config.url, config=limits
    )
