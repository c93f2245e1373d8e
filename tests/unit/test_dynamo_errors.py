"""From DynamoDB's error answers to typed errors that name no value."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from crossfade.dynamo.client import content_of, encode, parse
from crossfade.dynamo.errors import error_of, masked
from crossfade.dynamo.request import Response
from crossfade.errors import (
    AccessDenied,
    ConditionFailed,
    Contended,
    CorruptResponse,
    CredentialsExpired,
    CrossfadeError,
    InvalidRequest,
    NoSuchStore,
    ServerFault,
    Throttled,
    TransactionCanceled,
)

PREFIX = "com.amazonaws.dynamodb.v20120810#"


def answer(status: int, **content: Any) -> Response:
    return Response(status, {}, orjson.dumps(content))


def of(status: int, code: str, **content: Any) -> CrossfadeError:
    return error_of("PutItem", {}, answer(status, __type=PREFIX + code, **content))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ConditionalCheckFailedException", ConditionFailed),
        ("TransactionCanceledException", TransactionCanceled),
        ("TransactionConflictException", Contended),
        ("TransactionInProgressException", Contended),
        ("ResourceInUseException", Contended),
        ("LimitExceededException", Contended),
        ("ProvisionedThroughputExceededException", Throttled),
        ("RequestLimitExceeded", Throttled),
        ("ThrottlingException", Throttled),
        ("InternalServerError", ServerFault),
        ("ServiceUnavailable", ServerFault),
        ("ExpiredTokenException", CredentialsExpired),
        ("AccessDeniedException", AccessDenied),
        ("InvalidSignatureException", AccessDenied),
        ("UnrecognizedClientException", AccessDenied),
        ("ResourceNotFoundException", NoSuchStore),
        ("ItemCollectionSizeLimitExceededException", InvalidRequest),
        ("ValidationException", InvalidRequest),
    ],
)
def test_a_code_of_dynamodb_becomes_its_class(code: str, expected: type[Exception]) -> None:
    """Every code has a status of 400; without the table it would be an invalid request."""
    assert type(of(400, code)) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (500, ServerFault),
        (503, ServerFault),
        (429, Throttled),
        (403, AccessDenied),
        (404, NoSuchStore),
        (400, InvalidRequest),
        (302, InvalidRequest),
    ],
)
def test_without_a_known_code_the_status_decides(status: int, expected: type[Exception]) -> None:
    assert type(of(status, "SomethingNew")) is expected
    page = Response(status, {}, b"<html>Bad Gateway</html>")
    assert type(error_of("PutItem", {}, page)) is expected


def test_the_message_names_operation_code_status_and_request() -> None:
    response = Response(
        400,
        {"x-amzn-requestid": "ABC"},
        orjson.dumps({"__type": PREFIX + "ValidationException", "message": "No key"}),
    )
    assert str(error_of("Query", {}, response)) == (
        "DynamoDB refused Query with ValidationException (HTTP 400); No key (request ABC)"
    )


def test_a_failed_condition_carries_the_item() -> None:
    item = {"pk": {"S": "p"}}
    error = of(400, "ConditionalCheckFailedException", Item=item)
    assert isinstance(error, ConditionFailed)
    assert error.item == item
    assert "p" not in str(error).split()


def test_a_cancelled_transaction_carries_its_reasons() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "p"}}}]
    error = of(400, "TransactionCanceledException", CancellationReasons=reasons)
    assert isinstance(error, TransactionCanceled)
    assert [reason.code for reason in error.reasons] == ["None", "ConditionalCheckFailed"]
    assert error.reasons[1].item == {"pk": {"S": "p"}}
    assert str(error) == "the transaction was refused: None, ConditionalCheckFailed"


def test_a_reasons_message_shows_no_value_of_the_request() -> None:
    reasons = [{"Code": "ValidationError", "Message": "the key Ann Lee is of the wrong type"}]
    content = {"__type": f"{PREFIX}TransactionCanceledException", "CancellationReasons": reasons}
    request = {"TransactItems": [{"Delete": {"Key": {"pk": {"S": "Ann Lee"}}}}]}
    error = error_of("TransactWriteItems", request, answer(400, **content))
    assert isinstance(error, TransactionCanceled)
    assert error.reasons[0].message == "the key [value] is of the wrong type"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["TransactionConflict", "None"], Contended),
        (["ThrottlingError", "ProvisionedThroughputExceeded"], Throttled),
        (["TransactionConflict", "ThrottlingError"], Contended),
        (["TransactionConflict", "ConditionalCheckFailed"], TransactionCanceled),
        (["None", "ValidationError"], TransactionCanceled),
        ([], TransactionCanceled),
    ],
)
def test_a_transaction_cancelled_for_passing_reasons_may_be_repeated(
    codes: list[str], expected: type[Exception]
) -> None:
    reasons = [{"Code": code} for code in codes]
    error = of(400, "TransactionCanceledException", CancellationReasons=reasons)
    assert type(error) is expected


def test_expired_credentials_differ_from_wrong_ones() -> None:
    assert type(of(400, "ExpiredTokenException")) is CredentialsExpired
    assert type(of(400, "UnrecognizedClientException")) is AccessDenied


def test_no_value_of_the_request_survives_in_a_message() -> None:
    request = {
        "Item": {"pk": {"S": "anna@example.org"}, "n": {"N": "12abc"}, "t": {"SS": ["x y", "q"]}},
        "ExpressionAttributeValues": {":m": {"M": {"deep": {"L": [{"S": "hidden"}]}}}},
    }
    message = "cannot convert 12abc of anna@example.org, [x y, q], hidden; an equal q is unique"
    assert masked(message, request) == (
        "cannot convert [value] of [value], [[value], [value]], [value]; an equal [value] is unique"
    )


def test_messages_are_short() -> None:
    assert len(masked("x" * 10_000, {})) == 300


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"<html>"])
def test_a_success_that_is_no_json_object_is_corrupt(body: bytes) -> None:
    with pytest.raises(CorruptResponse):
        parse("GetItem", body)


def test_an_answer_must_match_its_checksum() -> None:
    assert (
        content_of("GetItem", b"{}", Response(200, {"x-amz-crc32": "2745614147"}, b"{}")) == b"{}"
    )
    for checksum in ("2745614148", "", "abc"):
        with pytest.raises(CorruptResponse):
            content_of("GetItem", b"{}", Response(200, {"x-amz-crc32": checksum}, b"{}"))


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), "\ud800"])
def test_a_request_that_json_cannot_hold_is_refused_without_its_value(value: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        encode("PutItem", {"Item": {"pk": {"S": value}}})
    assert "bytes'" not in str(caught.value)
