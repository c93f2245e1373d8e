"""The translation of the errors of S3, obstore and botocore, in one table.

Their messages are dropped, because they quote requests and answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import BaseError, UnauthenticatedError

from crossfade.errors import (
    AccessDenied,
    ConditionFailed,
    CrossfadeError,
    DamagedObject,
    InvalidRequest,
    MissingObject,
    NoSuchStore,
    ServerFault,
    Throttled,
    TimedOut,
    Unavailable,
    Unreachable,
)

STORE_ERRORS = (BaseError, FileNotFoundError)
CONTROL_ERRORS = (BotoCoreError, ClientError)


class Meaning(NamedTuple):
    """The translation of a symbol.

    Attributes:
        error: the class to raise.
        sentence: its message.
    """

    error: type[CrossfadeError]
    sentence: str


_NO_KEY = Meaning(MissingObject, "no object exists under this key; repair its row")
_SHORT = Meaning(DamagedObject, "the object is empty or truncated; repair its row")
_NO_BUCKET = Meaning(
    NoSuchStore,
    "the bucket does not exist; set S3_BUCKET_NAME or run `crossfade bucket create`",
)
_REGION = Meaning(NoSuchStore, "the bucket is in another region; set AWS_REGION")
_DENIED = Meaning(AccessDenied, "credentials or permission refused; check the role and its policy")
_CLOCK = Meaning(AccessDenied, "this machine's clock is wrong; synchronise it")
_KMS = Meaning(AccessDenied, "the KMS key cannot be used; check S3_KMS_KEY_ID and its policy")
_SLOWER = Meaning(Throttled, "S3 asks for fewer requests")
_LATE = Meaning(TimedOut, "no answer in time; the write may have happened or not")
_FAULT = Meaning(ServerFault, "S3 failed with an internal error")
_BUSY = Meaning(ServerFault, "another request on the same key or bucket is in progress")
_DAMAGED = Meaning(Unreachable, "the body was damaged in transit")
_BROKEN = Meaning(Unreachable, "no connection, or it broke; check the endpoint and the network")
_EXISTS = Meaning(ConditionFailed, "")
_REFUSED = Meaning(InvalidRequest, "S3 refused the request as malformed")

# The symbols are S3's error codes, HTTP status codes, and the kinds and classes of clients' errors.
# Source: Amazon S3 API Reference, "Error responses".
MEANINGS: Mapping[str, Meaning] = {
    "NoSuchKey": _NO_KEY,
    "NoSuchVersion": _NO_KEY,
    "404": _NO_KEY,
    "InvalidRange": _SHORT,
    "416": _SHORT,
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "BareRedirect": _REGION,
    "301": _REGION,
    "AccessDenied": _DENIED,
    "ExpiredToken": _DENIED,
    "InvalidAccessKeyId": _DENIED,
    "InvalidToken": _DENIED,
    "SignatureDoesNotMatch": _DENIED,
    "UnauthenticatedError": _DENIED,
    "401": _DENIED,
    "403": _DENIED,
    "RequestTimeTooSkewed": _CLOCK,
    "KMS.DisabledException": _KMS,
    "KMS.InvalidStateException": _KMS,
    "KMS.NotFoundException": _KMS,
    "SlowDown": _SLOWER,
    "429": _SLOWER,
    "503": _SLOWER,
    "RequestTimeout": _LATE,
    "408": _LATE,
    "Timeout": _LATE,
    "TimedOut": _LATE,
    "ConnectTimeoutError": _LATE,
    "ReadTimeoutError": _LATE,
    "500": _FAULT,
    "502": _FAULT,
    "504": _FAULT,
    "ConditionalRequestConflict": _BUSY,
    "OperationAborted": _BUSY,
    "409": _BUSY,
    "BadDigest": _DAMAGED,
    "IncompleteBody": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
    "PreconditionFailed": _EXISTS,
    "304": _EXISTS,
    "412": _EXISTS,
    "400": _REFUSED,
    "405": _REFUSED,
    "411": _REFUSED,
    "501": _REFUSED,
}

# Retries fail the same way until somebody changes the configuration.
_PERMANENT = (AccessDenied, NoSuchStore)

# In order of precedence: S3's code, the HTTP status, the kind of a client's error.
_PATTERNS = (
    re.compile(r"<Code>([\w.]+)</Code>"),
    re.compile(r"status code: (\d{3})"),
    re.compile(r"\b(?:inner|kind): (\w+)"),
)


def from_obstore(operation: str, failure: Exception) -> CrossfadeError:
    """Return the translation of an obstore error.

    It uses the symbols in the error's text, because obstore has one class both for a conflict (409,
    to be retried) and for a failed precondition (412, the object exists).

    Args:
        operation: the operation's name, for the message.
        failure: one of `STORE_ERRORS`.
    """
    if isinstance(failure, UnauthenticatedError):
        return _error(operation, ["UnauthenticatedError"])
    text = str(failure)
    return _error(operation, [found for one in _PATTERNS for found in one.findall(text)])


def from_botocore(operation: str, failure: Exception) -> CrossfadeError:
    """Return the translation of a botocore error.

    Args:
        operation: the operation's name, for the message.
        failure: one of `CONTROL_ERRORS`.
    """
    if not isinstance(failure, ClientError):
        return _error(operation, [type(failure).__name__])
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _error(operation, [str(failure.response.get("Error", {}).get("Code")), str(status)])


def timed_out(operation: str) -> TimedOut:
    """Return the error of a deadline that passed."""
    return TimedOut(f"S3 {operation}: {_LATE.sentence}")


def is_transient(error: CrossfadeError) -> bool:
    """Return whether a retry of the same call may succeed."""
    return isinstance(error, Unavailable) and not isinstance(error, _PERMANENT)


def _error(operation: str, symbols: list[str]) -> CrossfadeError:
    symbol = next((found for found in symbols if found in MEANINGS), "")
    meaning = MEANINGS.get(symbol, _BROKEN)
    if meaning.error is ConditionFailed:
        return ConditionFailed()
    named = f" ({'; '.join(dict.fromkeys(symbols))})" if symbols else ""
    return meaning.error(f"S3 {operation}: {meaning.sentence}{named}")
