"""The translation of DynamoDB's error answers, in one table.

Source: Amazon DynamoDB Developer Guide, "Error handling with DynamoDB"; API Reference, "Common
Errors".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import orjson

from crossfade.dynamo.request import Response
from crossfade.errors import (
    AccessDenied,
    CancellationReason,
    ConditionFailed,
    Contended,
    CredentialsExpired,
    CrossfadeError,
    InvalidRequest,
    NoSuchStore,
    ServerFault,
    Throttled,
    TransactionCanceled,
)

ErrorClass = type[CrossfadeError]

ERRORS: Mapping[str, ErrorClass] = {
    "ConditionalCheckFailedException": ConditionFailed,
    "TransactionCanceledException": TransactionCanceled,
    "TransactionConflictException": Contended,
    "TransactionInProgressException": Contended,
    "ReplicatedWriteConflictException": Contended,
    # Control plane: the table is being changed, or its backups are not set up yet.
    "ContinuousBackupsUnavailableException": Contended,
    "LimitExceededException": Contended,
    "ResourceInUseException": Contended,
    "ProvisionedThroughputExceededException": Throttled,
    "RequestLimitExceeded": Throttled,
    "Throttling": Throttled,
    "ThrottlingException": Throttled,
    "ThrottledException": Throttled,
    "TooManyRequestsException": Throttled,
    "InternalFailure": ServerFault,
    "InternalServerError": ServerFault,
    "ServiceUnavailable": ServerFault,
    "ServiceUnavailableException": ServerFault,
    "ExpiredToken": CredentialsExpired,
    "ExpiredTokenException": CredentialsExpired,
    "AccessDenied": AccessDenied,
    "AccessDeniedException": AccessDenied,
    "IncompleteSignature": AccessDenied,
    "IncompleteSignatureException": AccessDenied,
    "InvalidClientTokenId": AccessDenied,
    "InvalidSignatureException": AccessDenied,
    "MissingAuthenticationToken": AccessDenied,
    "MissingAuthenticationTokenException": AccessDenied,
    "NotAuthorized": AccessDenied,
    "OptInRequired": AccessDenied,
    "RequestExpired": AccessDenied,
    "SignatureDoesNotMatch": AccessDenied,
    "UnrecognizedClientException": AccessDenied,
    "ResourceNotFoundException": NoSuchStore,
    "TableNotFoundException": NoSuchStore,
    "IdempotentParameterMismatchException": InvalidRequest,
    "ItemCollectionSizeLimitExceededException": InvalidRequest,
    "SerializationException": InvalidRequest,
    "UnknownOperationException": InvalidRequest,
    "ValidationException": InvalidRequest,
}

# For answers without a code of this table, such as a load balancer's page.
ERRORS_BY_STATUS: Mapping[int, ErrorClass] = {
    401: AccessDenied,
    403: AccessDenied,
    404: NoSuchStore,
    408: ServerFault,
    429: Throttled,
}

# A transaction that was cancelled only for these reasons may succeed when it is retried.
TRANSIENT_REASONS: Mapping[str, ErrorClass] = {
    "TransactionConflict": Contended,
    "ProvisionedThroughputExceeded": Throttled,
    "ThrottlingError": Throttled,
}

REMEDIES: Mapping[ErrorClass, str] = {
    AccessDenied: "check the credentials, their permissions and this machine's clock",
    CredentialsExpired: "the credential chain must yield newer credentials",
    NoSuchStore: "create the table (`crossfade table create`), or correct its name or the region",
}

DETAIL_CHARS_MAX = 300
MASK = "[value]"
# Shorter values are masked only as whole words, otherwise the message would be unreadable.
WORD_CHARS_MIN = 4


def error_of(operation: str, request: Mapping[str, Any], response: Response) -> CrossfadeError:
    """Return the error of a response with another status than 200; it quotes no item's content.

    Args:
        operation: the operation that was called.
        request: its parameters in DynamoDB JSON; their values are masked in the message.
        response: DynamoDB's response.
    """
    content = _content(response.body)
    code = _code(content)
    error_class = ERRORS.get(code) or _class_of_status(response.status)
    if error_class is ConditionFailed:
        return ConditionFailed(content.get("Item"))
    if error_class is TransactionCanceled:
        return _cancelled(content, request)
    message = content.get("message") or content.get("Message")
    parts = [f"DynamoDB refused {operation} with {code or 'no code'} (HTTP {response.status})"]
    if isinstance(message, str) and message:
        parts.append(masked(message, request))
    if error_class in REMEDIES:
        parts.append(REMEDIES[error_class])
    text = "; ".join(parts)
    request_id = response.headers.get("x-amzn-requestid")
    return error_class(f"{text} (request {request_id})" if request_id else text)


def masked(message: str, request: Mapping[str, Any]) -> str:
    """Return a server's message, truncated, with the request's values replaced by `MASK`."""
    values = sorted(set(_values(request)), key=len, reverse=True)
    for value in values:
        if value in message:
            pattern = (
                rf"(?<!\w){re.escape(value)}(?!\w)"
                if len(value) < WORD_CHARS_MIN
                else re.escape(value)
            )
            message = re.sub(pattern, MASK, message)
    return message[:DETAIL_CHARS_MAX]


def _values(part: Any) -> Iterator[str]:
    """Yield every scalar of every DynamoDB value (``{"S": …}``) inside a request."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name in {"S", "N", "B"} and isinstance(value, str) and value:
                yield value
            elif name in {"SS", "NS", "BS"} and isinstance(value, list):
                yield from (entry for entry in value if isinstance(entry, str) and entry)
            else:
                yield from _values(value)
    elif isinstance(part, list | tuple):
        for entry in part:
            yield from _values(entry)


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _code(content: Mapping[str, Any]) -> str:
    """Return the error code, ``ValidationException`` of ``com.amazon…#ValidationException``."""
    name = content.get("__type") or content.get("code") or ""
    return str(name).rpartition("#")[2].partition(":")[0]


def _class_of_status(status: int) -> ErrorClass:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFault
    return ERRORS_BY_STATUS.get(status, InvalidRequest)


def _cancelled(content: Mapping[str, Any], request: Mapping[str, Any]) -> CrossfadeError:
    """Return TransactionCanceled, or a class that is retried if every reason is transient."""
    reasons = tuple(
        CancellationReason(
            str(reason.get("Code") or "None"),
            reason.get("Item"),
            masked(str(reason.get("Message") or ""), request),
        )
        for reason in content.get("CancellationReasons") or ()
        if isinstance(reason, dict)
    )
    canceled = TransactionCanceled(reasons)
    codes = {reason.code for reason in reasons} - {"None"}
    if not codes or not codes <= TRANSIENT_REASONS.keys():
        return canceled
    classes = {TRANSIENT_REASONS[code] for code in codes}
    return (Throttled if classes == {Throttled} else Contended)(str(canceled))
