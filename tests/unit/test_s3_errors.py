"""Which failure becomes which error, and which calls are repeated."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from obstore.exceptions import AlreadyExistsError, GenericError, UnauthenticatedError

from crossfade.errors import (
    AccessDenied,
    ConditionFailed,
    CrossfadeError,
    InvalidRequest,
    MissingObject,
    NoSuchStore,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
)
from crossfade.s3.errors import from_botocore, from_obstore, is_transient


def refusal(status: int, code: str) -> str:
    """What obstore says about an answer with an error."""
    return (
        "Error performing PUT http://127.0.0.1:1/bucket/transcripts/secret in 1ms - Server "
        f"returned non-2xx status code: {status} Words: <Error><Code>{code}</Code></Error>"
    )


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "NoSuchKey", MissingObject),
        (404, "NoSuchBucket", NoSuchStore),
        (404, "", MissingObject),
        (301, "PermanentRedirect", NoSuchStore),
        (400, "AuthorizationHeaderMalformed", NoSuchStore),
        (400, "ExpiredToken", AccessDenied),
        (403, "SignatureDoesNotMatch", AccessDenied),
        (403, "SomethingNew", AccessDenied),
        (400, "KMS.DisabledException", AccessDenied),
        (400, "InvalidArgument", InvalidRequest),
        (400, "RequestTimeout", TimedOut),
        (503, "SlowDown", Throttled),
        (503, "ServiceUnavailable", Throttled),
        (429, "", Throttled),
        (500, "InternalError", ServerFault),
        (502, "", ServerFault),
        (409, "ConditionalRequestConflict", ServerFault),
        (409, "", ServerFault),
        (412, "PreconditionFailed", ConditionFailed),
        (400, "XAmzContentSHA256Mismatch", Unreachable),
        (418, "Teapot", Unreachable),
    ],
)
def test_an_answer_becomes_an_error(status: int, code: str, error: type[CrossfadeError]) -> None:
    """The class obstore chose does not matter: it has one for conflicts and refused conditions."""
    failure = from_obstore("put", AlreadyExistsError(refusal(status, code)))

    assert type(failure) is error
    assert "secret" not in str(failure)


@pytest.mark.parametrize(
    ("debug", "error"),
    [
        ("inner: Http(HttpError { kind: Timeout })", TimedOut),
        ("inner: Http(HttpError { kind: Connect })", Unreachable),
        ("HttpError { kind: Decode, source: Error { kind: TimedOut } }", TimedOut),
        ("inner: BareRedirect", NoSuchStore),
        ("words of a later version", Unreachable),
    ],
)
def test_a_broken_connection_becomes_an_error(debug: str, error: type[CrossfadeError]) -> None:
    text = f"Error performing GET http://127.0.0.1:1/secret\n\nDebug source: {debug}"

    failure = from_obstore("get", GenericError(text))

    assert type(failure) is error
    assert "secret" not in str(failure)


def test_missing_credentials_are_named_without_their_provider_s_words() -> None:
    failure = from_obstore("get", UnauthenticatedError("provider: secret"))

    assert isinstance(failure, AccessDenied)
    assert "secret" not in str(failure)


def test_failures_of_botocore_use_the_same_table() -> None:
    def answer(status: int, code: str) -> CrossfadeError:
        response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return from_botocore("create_bucket", ClientError(response, "CreateBucket"))

    assert isinstance(answer(404, "NoSuchBucket"), NoSuchStore)
    assert isinstance(answer(403, "403"), AccessDenied)
    assert isinstance(answer(503, "SlowDown"), Throttled)
    assert isinstance(
        from_botocore("create_bucket", ReadTimeoutError(endpoint_url="http://x")), TimedOut
    )
    assert isinstance(
        from_botocore("create_bucket", EndpointConnectionError(endpoint_url="http://x")),
        Unreachable,
    )


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (TimedOut(), True),
        (Throttled(), True),
        (ServerFault(), True),
        (Unreachable(), True),
        (AccessDenied(), False),
        (NoSuchStore(), False),
        (MissingObject(), False),
        (InvalidRequest(), False),
        (ConditionFailed(), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: CrossfadeError, *, transient: bool) -> None:
    assert is_transient(error) is transient
