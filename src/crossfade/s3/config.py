"""How the object store is reached, and its limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crossfade.errors import ConfigurationError
from crossfade.mapping.object_keys import is_prefix

PLAIN_BYTES_MAX = 4 * 1024**3
"""A content's size before compression: one PUT stores at most 5 GiB.

Source: Amazon S3 User Guide, "Uploading objects".
"""


class Encryption(StrEnum):
    """Which server-side encryption is asked for with each object."""

    NONE = "none"
    AES256 = "AES256"
    KMS = "aws:kms"


@dataclass(frozen=True, slots=True)
class Keys:
    """Static credentials, for local engines and tests."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Where the bucket is, and the limits of each call.

    Args:
        bucket: the bucket's name.
        region: the bucket's AWS region.
        endpoint: another endpoint than AWS's, such as ``http://127.0.0.1:4566``.
        allow_http: permit an endpoint without TLS.
        keys: static credentials; the standard AWS chain unless given.
        encryption: the server-side encryption of new objects.
        kms_key_id: the key of `Encryption.KMS`; the account's default key unless given.
        prefixes: the prefixes object keys may have; any well-formed one when empty.
        timeout_seconds: deadline of a call, its retries and pauses included.
        attempt_timeout_seconds: deadline of one attempt, and of each read of a stream.
        stream_timeout_seconds: deadline of the upload of a streamed content.
        attempts_max: attempts of a call.
        backoff_seconds: longest pause after the first attempt; doubles after each further one.
        plain_bytes_max: largest plain content that is stored or read back.

    Raises:
        ConfigurationError: a value is out of range or contradicts another one.
    """

    bucket: str
    region: str = "us-east-1"
    endpoint: str | None = None
    allow_http: bool = False
    keys: Keys | None = None
    encryption: Encryption = Encryption.AES256
    kms_key_id: str | None = None
    prefixes: frozenset[str] = frozenset()
    timeout_seconds: float = 30.0
    attempt_timeout_seconds: float = 10.0
    stream_timeout_seconds: float = 600.0
    attempts_max: int = 4
    backoff_seconds: float = 0.1
    plain_bytes_max: int = 256 * 1024**2

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ConfigurationError(problem)

    @property
    def url(self) -> str:
        """The endpoint requests go to; the bucket is the first part of their path."""
        if self.endpoint is not None:
            return self.endpoint.rstrip("/")
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.region}.{domain}"


def _problems(config: Config) -> list[str]:
    """Return what contradicts itself, as sentences that name the setting and the remedy."""
    times = ("timeout_seconds", "attempt_timeout_seconds", "stream_timeout_seconds")
    checks = {
        "bucket: empty; name the bucket": not config.bucket,
        "region: empty; name the bucket's region": not config.region,
        "endpoint: needs https://, or http:// together with allow_http": not config.url.startswith(
            ("https://", "http://") if config.allow_http else "https://"
        ),
        "kms_key_id: only aws:kms takes a key; set the encryption to aws:kms": (
            config.kms_key_id is not None and config.encryption is not Encryption.KMS
        ),
        "prefixes: one of them is malformed; choose plain words": not all(
            map(is_prefix, config.prefixes)
        ),
        "attempts_max: needs at least 1": config.attempts_max < 1,
        "backoff_seconds: negative; needs 0 or more": config.backoff_seconds < 0,
        f"plain_bytes_max: needs 1 to {PLAIN_BYTES_MAX}": not (
            1 <= config.plain_bytes_max <= PLAIN_BYTES_MAX
        ),
        **{f"{name}: needs more than 0": getattr(config, name) <= 0 for name in times},
    }
    return [problem for problem, found in checks.items() if found]
