"""AWS Signature Version 4 for DynamoDB's one kind of request. Pure.

Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

CONTENT_TYPE = "application/x-amz-json-1.0"
TARGET_PREFIX = "DynamoDB_20120810."

Head = Callable[[bytes], bytes]
"""Returns the line and headers of a request with this body, as HTTP/1.1 sends them."""


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

    __slots__ = ("_canonical", "_inner", "_names", "_outer", "_scope", "_start", "day")

    def __init__(self, keys: Keys, region: str, host: str, day: str) -> None:
        self.day = day
        self._scope = f"{day}/{region}/dynamodb/aws4_request"
        key = _derive(keys.secret_key, day, region)
        self._inner, self._outer = sha256(_padded(key, 0x36)), sha256(_padded(key, 0x5C))
        token = keys.token
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
            f"Authorization: AWS4-HMAC-SHA256 Credential={keys.access_key}/{self._scope}, "
            f"SignedHeaders={self._names}, Signature="
        ).encode("latin-1")

    def form(self, moment: str, operation: str) -> Head:
        """Return what signs the requests of one operation in one second.

        All that their bodies do not decide is written and hashed here, once.
        """
        target = TARGET_PREFIX + operation
        begin, token = self._canonical
        canonical = sha256(
            f"{begin}{moment}\n{token}x-amz-target:{target}\n\n{self._names}\n".encode()
        )
        text = self._inner.copy()
        text.update(f"AWS4-HMAC-SHA256\n{moment}\n{self._scope}\n".encode())
        outer, start = self._outer, self._start
        rest = f"\r\nX-Amz-Date: {moment}\r\nX-Amz-Target: {target}\r\n".encode("latin-1")

        def head(body: bytes) -> bytes:
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

        return head


def _padded(key: bytes, fill: int) -> bytes:
    """Return one of HMAC's two blocks of a key (RFC 2104, section 4)."""
    return bytes(byte ^ fill for byte in key.ljust(64, b"\0"))


def _derive(secret_key: str, day: str, region: str) -> bytes:
    key = ("AWS4" + secret_key).encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
