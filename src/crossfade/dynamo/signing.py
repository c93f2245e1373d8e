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

    __slots__ = ("_credential", "_headers", "_host", "_key", "_names", "_scope", "_tail", "day")

    def __init__(self, keys: Keys, region: str, host: str, day: str) -> None:
        self.day = day
        self._host = host
        self._scope = f"{day}/{region}/dynamodb/aws4_request"
        self._credential = f"{keys.access_key}/{self._scope}"
        self._key = _derive(keys.secret_key, day, region)
        token = keys.token
        self._names = "content-type;host;x-amz-date;x-amz-target"
        self._tail = ""
        self._headers: tuple[tuple[str, str], ...] = (("Content-Type", CONTENT_TYPE),)
        if token is not None:
            self._names = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
            self._tail = f"x-amz-security-token:{token}\n"
            self._headers = (*self._headers, ("X-Amz-Security-Token", token))

    def headers(self, moment: str, operation: str, body: bytes) -> tuple[tuple[str, str], ...]:
        """Return every header of a request, its signature included."""
        target = TARGET_PREFIX + operation
        canonical = (
            f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{self._host}\nx-amz-date:{moment}\n"
            f"{self._tail}x-amz-target:{target}\n\n{self._names}\n{sha256(body).hexdigest()}"
        )
        digest = sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{moment}\n{self._scope}\n{digest}"
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={self._credential}, "
            f"SignedHeaders={self._names}, Signature={signature}"
        )
        return (
            ("Host", self._host),
            *self._headers,
            ("X-Amz-Date", moment),
            ("X-Amz-Target", target),
            ("Authorization", authorization),
            ("Accept-Encoding", "identity"),
            ("Content-Length", str(len(body))),
        )


def _derive(secret_key: str, day: str, region: str) -> bytes:
    key = ("AWS4" + secret_key).encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
