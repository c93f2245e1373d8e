"""Signatures equal those of botocore."""

from __future__ import annotations

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from crossfade.aws.credentials import Keys
from crossfade.dynamo.auth.sigv4 import Signer, Timestamp
from crossfade.dynamo.request import Request

MOMENT = 1_767_441_600.9  # 2026-01-03T12:00:00Z


def authorization(head: bytes) -> str:
    return Request(head, b"", 0.0, 0.0, idempotent=True).headers()["Authorization"]


def as_botocore(keys: Keys, host: str, timestamp: Timestamp, operation: str, body: bytes) -> str:
    """The Authorization header that botocore computes for the same request."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
    }
    request = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    request.context["timestamp"] = timestamp.iso
    signer = SigV4Auth(
        Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token),
        "dynamodb",
        "eu-central-1",
    )
    request.headers["X-Amz-Date"] = timestamp.iso
    if keys.session_token is not None:
        request.headers["X-Amz-Security-Token"] = keys.session_token
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signed = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={signed}, Signature={signature}"
    )


@given(body=st.binary(max_size=300), secret=st.text(min_size=1, max_size=80))
def test_any_body_under_any_secret_is_signed_as_botocore_signs_it(body: bytes, secret: str) -> None:
    keys = Keys("AKIDEXAMPLE", secret)
    timestamp = Timestamp.of(MOMENT)
    signer = Signer(keys, "eu-central-1", "dynamodb.eu-central-1.amazonaws.com", timestamp.date)
    assert authorization(signer.prepare(timestamp.iso, "PutItem")(body)) == as_botocore(
        keys, "dynamodb.eu-central-1.amazonaws.com", timestamp, "PutItem", body
    )


@pytest.mark.parametrize("token", [None, "AQoDYXdzEPT//////////wEX=="])
def test_tokens_and_ports_are_signed(token: str | None) -> None:
    keys = Keys("AKIDEXAMPLE", "secret", token)
    timestamp = Timestamp.of(MOMENT)
    sign = Signer(keys, "eu-central-1", "127.0.0.1:8000", timestamp.date).prepare(
        timestamp.iso, "GetItem"
    )
    head = sign(b"{}")
    assert authorization(head) == as_botocore(keys, "127.0.0.1:8000", timestamp, "GetItem", b"{}")


def test_the_head_holds_what_dynamodb_needs() -> None:
    keys = Keys("AKIDEXAMPLE", "secret", "token")
    sign = Signer(keys, "eu-central-1", "host:1", "20260103").prepare("20260103T120000Z", "Scan")
    head = sign(b"{}")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert head.endswith(b"\r\n\r\n")
    headers = Request(head, b"{}", 0.0, 0.0, idempotent=True).headers()
    assert headers.pop("Authorization").startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert headers == {
        "Host": "host:1",
        "Content-Type": "application/x-amz-json-1.0",
        "Accept-Encoding": "identity",
        "X-Amz-Security-Token": "token",
        "X-Amz-Date": "20260103T120000Z",
        "X-Amz-Target": "DynamoDB_20120810.Scan",
        "Content-Length": "2",
    }


def test_a_timestamp_is_utc() -> None:
    assert Timestamp.of(MOMENT) == Timestamp("20260103T120000Z", "20260103")


def test_keys_print_without_secrets() -> None:
    printed = repr(Keys("AKIDEXAMPLE", "the-secret", "the-token"))
    assert "the-secret" not in printed
    assert "the-token" not in printed
