"""AWS Signature Version 4 for DynamoDB's one kind of request. Pure.

Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from hashlib import sha256

CONTENT_TYPE = "application/x-amz-json-1.0"
TARGET_PREFIX = "DynamoDB_20120810."


@dataclass(frozen=True, slots=True)
class Keys:
    """One set of AWS credentials; prints without its secrets."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A second in time as signatures spell it: ``20260102T030405Z`` and ``20260102``."""

    moment: str
    day: str

    @classmethod
    def of(cls, epoch_seconds: float) -> Stamp:
        """Return the stamp of a time in seconds since 1970, UTC."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(epoch_seconds))
        return cls(moment, moment[:8])


class Signer:
    """Signs requests to one host with one set of credentials on one day.

    The day's signing key is derived once; a signer is replaced when the day or the keys change.
    """

    __slots__ = (
        "_canonical_start",
        "_canonical_token",
        "_mac",
        "_names",
        "_scope",
        "_start",
        "day",
    )

    def __init__(self, keys: Keys, region: str, host: str, day: str) -> None:
        self.day = day
        self._scope = f"{day}/{region}/dynamodb/aws4_request"
        self._mac = _Mac(_derive(keys.secret_key, day, region))
        token = keys.token
        self._names = "content-type;host;x-amz-date;x-amz-target"
        if token is not None:
            self._names = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
        self._canonical_start = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:"
        self._canonical_token = "" if token is None else f"x-amz-security-token:{token}\n"
        token_line = "" if token is None else f"X-Amz-Security-Token: {token}\r\n"
        self._start = (
            f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"Accept-Encoding: identity\r\n{token_line}"
            f"Authorization: AWS4-HMAC-SHA256 Credential={keys.access_key}/{self._scope}, "
            f"SignedHeaders={self._names}, Signature="
        )

    def head(self, moment: str, operation: str, body: bytes) -> bytes:
        """Return a request's line and headers, its signature included, as HTTP/1.1 sends them."""
        target = TARGET_PREFIX + operation
        canonical = (
            f"{self._canonical_start}{moment}\n{self._canonical_token}x-amz-target:{target}\n\n"
            f"{self._names}\n{sha256(body).hexdigest()}"
        )
        digest = sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{moment}\n{self._scope}\n{digest}"
        return (
            f"{self._start}{self._mac.hexdigest(text.encode())}\r\nX-Amz-Date: {moment}\r\n"
            f"X-Amz-Target: {target}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode("latin-1")


class _Mac:
    """HMAC-SHA256 under one key, whose two padded blocks are hashed once (RFC 2104, section 4)."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def hexdigest(self, text: bytes) -> str:
        inner = self._inner.copy()
        inner.update(text)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


def _derive(secret_key: str, day: str, region: str) -> bytes:
    key = ("AWS4" + secret_key).encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
