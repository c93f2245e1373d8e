"""AWS Signature Version 4 (SigV4) of DynamoDB's requests, which are all POST to "/". Pure.

Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from crossfade.aws.credentials import Keys

CONTENT_TYPE = "application/x-amz-json-1.0"
TARGET_PREFIX = "DynamoDB_20120810."

SignHead = Callable[[bytes], bytes]
"""Given a request's body, returns its request line and headers, signed, as HTTP/1.1 sends them."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time in UTC, to the second, in the formats of SigV4.

    Attributes:
        iso: ISO 8601 basic format, such as ``20260102T030405Z``.
        date: its date, such as ``20260102``.
    """

    iso: str
    date: str

    @classmethod
    def of(cls, epoch_seconds: float) -> Timestamp:
        """Return the timestamp of a Unix time in seconds."""
        iso = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(epoch_seconds))
        return cls(iso, iso[:8])


class Signer:
    """Signs requests to one host with one set of keys on one date.

    The date's signing key is derived once; a new date or new keys need a new signer.

    Args:
        keys: the keys to sign with.
        region: the AWS region.
        host: the ``Host`` header of the requests.
        date: `Timestamp.date` of the requests.
    """

    __slots__ = ("_canonical", "_inner", "_names", "_outer", "_scope", "_start", "date")

    def __init__(self, keys: Keys, region: str, host: str, date: str) -> None:
        self.date = date
        self._scope = f"{date}/{region}/dynamodb/aws4_request"
        key = _derive(keys.secret_access_key, date, region)
        self._inner, self._outer = sha256(_padded(key, 0x36)), sha256(_padded(key, 0x5C))
        token = keys.session_token
        self._names = "content-type;host;x-amz-date;x-amz-target"
        if token is not None:
            self._names = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
        self._canonical = (
            f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:",
            "" if token is None else f"x-amz-security-token:{token}\n",
        )
        token_line = "" if token is None else f"X-Amz-Security-Token: {token}\r\n"
        self._start = (
            f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"Accept-Encoding: identity\r\n{token_line}"
            f"Authorization: AWS4-HMAC-SHA256 Credential={keys.access_key_id}/{self._scope}, "
            f"SignedHeaders={self._names}, Signature="
        ).encode("latin-1")

    def prepare(self, iso: str, operation: str) -> SignHead:
        """Return the function that signs the requests of one operation in one second.

        All parts that do not depend on the body are formatted and hashed here, once.

        Args:
            iso: `Timestamp.iso` of the requests.
            operation: DynamoDB's name, such as ``PutItem``.
        """
        target = TARGET_PREFIX + operation
        begin, token = self._canonical
        canonical = sha256(
            f"{begin}{iso}\n{token}x-amz-target:{target}\n\n{self._names}\n".encode()
        )
        text = self._inner.copy()
        text.update(f"AWS4-HMAC-SHA256\n{iso}\n{self._scope}\n".encode())
        outer, start = self._outer, self._start
        rest = f"\r\nX-Amz-Date: {iso}\r\nX-Amz-Target: {target}\r\n".encode("latin-1")

        def sign(body: bytes) -> bytes:
            whole = canonical.copy()
            whole.update(sha256(body).hexdigest().encode())
            inner = text.copy()
            inner.update(whole.hexdigest().encode())
            signature = outer.copy()
            signature.update(inner.digest())
            return b"%b%b%bContent-Length: %d\r\n\r\n" % (
                start,
                signature.hexdigest().encode(),
                rest,
                len(body),
            )

        return sign


def _padded(key: bytes, fill: int) -> bytes:
    """Return HMAC's inner (0x36) or outer (0x5C) padded key (RFC 2104, sections 2 and 4)."""
    return bytes(byte ^ fill for byte in key.ljust(64, b"\0"))


def _derive(secret: str, date: str, region: str) -> bytes:
    """Return the signing key of a date."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
