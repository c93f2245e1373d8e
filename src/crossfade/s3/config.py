"""The configuration of the object store, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crossfade.aws.credentials import Keys
from crossfade.errors import ConfigurationError
from crossfade.mapping.object_keys import is_prefix

PLAIN_BYTES_MAX = 4 * 1024**3
"""The highest `Config.plain_bytes_max`: one PUT stores at most 5 GiB.

Source: Amazon S3 User Guide, "Uploading objects".
"""


class Encryption(StrEnum):
    """The server-side encryption that is requested for each object."""

    NONE = "none"
    AES256 = "AES256"
    KMS = "aws:kms"


@dataclass(frozen=True, slots=True)
class Config:
    """The bucket, the credentials and every limit of the object store.

    Attributes:
        bucket: the bucket's name.
        region: the bucket's AWS region.
        endpoint: a URL such as ``http://127.0.0.1:4566``; the region's AWS endpoint unless given.
        allow_http: whether the endpoint may be without TLS.
        keys: explicit credentials, which replace the standard AWS chain.
        encryption: the server-side encryption of new objects.
        kms_key_id: the KMS key of `Encryption.KMS`; the account's default key unless given.
        prefixes: the prefixes that object keys may have; empty: any valid prefix.
        timeout_seconds: deadline of a call, its retries and pauses included.
        attempt_timeout_seconds: deadline of one attempt, and of each read of a stream.
        stream_timeout_seconds: deadline of the upload of a streamed content.
        attempts_max: attempts of a call, the first included.
        backoff_seconds: the longest pause after the first attempt; it doubles with each attempt.
        plain_bytes_max: the longest plain content, in bytes, that is stored or read.

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
        """The endpoint's URL, without the bucket, which is the first part of a request's path."""
        if self.endpoint is not None:
            return self.endpoint.rstrip("/")
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.region}.{domain}"


def _problems(config: Config) -> list[str]:
    """Return the messages of all invalid fields; each names the field and the remedy."""
    times = ("timeout_seconds", "attempt_timeout_seconds", "stream_timeout_seconds")
    checks = {
        "bucket: empty; name the bucket": not config.bucket,
        "region: empty; name the bucket's region": not config.region,
        "endpoint: needs https://, or http:// with allow_http": not config.url.startswith(
            ("https://", "http://") if config.allow_http else "https://"
        ),
        "kms_key_id: only the encryption aws:kms has a key; set the encryption to aws:kms": (
            config.kms_key_id is not None and config.encryption is not Encryption.KMS
        ),
        "prefixes: one of them is malformed; use only A-Z a-z 0-9 . _ - and /": not all(
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
