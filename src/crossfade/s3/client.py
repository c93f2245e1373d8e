"""The obstore client of a bucket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from obstore.store import S3Store

from crossfade.s3.config import Config, Encryption
from crossfade.s3.credentials import CredentialProvider


def open_bucket(
    config: Config, credentials: CredentialProvider, *, retries_max: int = 0
) -> S3Store:
    """Return an obstore client of the configured bucket.

    It sets every option that obstore would otherwise read from the environment, except
    ``AWS_SERVER_SIDE_ENCRYPTION`` with `Encryption.NONE`.

    Args:
        config: bucket, endpoint and limits.
        credentials: the keys to sign with.
        retries_max: retries by obstore itself. They are needed for listings, whose later requests
            obstore makes on its own; other calls are retried by `crossfade.s3.retries`.
    """
    return S3Store(
        config.bucket,
        region=config.region,
        aws_endpoint_url_s3=config.url,
        virtual_hosted_style_request=False,
        skip_signature=False,
        unsigned_payload=False,
        s3_express=False,
        request_payer=False,
        conditional_put="etag",
        checksum_algorithm="SHA256",
        credential_provider=credentials,
        client_options={
            "allow_http": config.allow_http,
            "connect_timeout": timedelta(seconds=config.attempt_timeout_seconds),
            "timeout": timedelta(seconds=config.stream_timeout_seconds),
        },
        retry_config={
            "max_retries": retries_max,
            "retry_timeout": timedelta(seconds=config.timeout_seconds),
            "backoff": {"init_backoff": timedelta(seconds=config.backoff_seconds)},
        },
        **_encryption(config),
    )


def _encryption(config: Config) -> dict[str, Any]:
    match config.encryption:
        case Encryption.NONE:
            return {}
        case Encryption.AES256:
            return {"server_side_encryption": "AES256"}
        case Encryption.KMS if config.kms_key_id is None:
            return {"server_side_encryption": "aws:kms"}
        case Encryption.KMS:
            return {"server_side_encryption": "aws:kms", "sse_kms_key_id": config.kms_key_id}
