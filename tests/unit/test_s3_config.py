"""The store's configuration: defaults, contradictions, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from crossfade.errors import ConfigurationError
from crossfade.s3 import Config, Encryption, Keys


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-central-1", "https://s3.eu-central-1.amazonaws.com"),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_requests_go_to_the_regions_endpoint_unless_another_is_named(region: str, url: str) -> None:
    assert Config("bucket", region).url == url
    assert Config("bucket", region, "https://objects.example/").url == "https://objects.example"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"bucket": ""}, "bucket"),
        ({"region": ""}, "region"),
        ({"endpoint": "http://127.0.0.1:4566"}, "endpoint"),
        ({"endpoint": "127.0.0.1:4566", "allow_http": True}, "endpoint"),
        ({"kms_key_id": "key"}, "kms_key_id"),
        ({"prefixes": frozenset({"../up"})}, "prefixes"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"attempt_timeout_seconds": -1}, "attempt_timeout_seconds"),
        ({"stream_timeout_seconds": 0}, "stream_timeout_seconds"),
        ({"attempts_max": 0}, "attempts_max"),
        ({"backoff_seconds": -0.1}, "backoff_seconds"),
        ({"plain_bytes_max": 0}, "plain_bytes_max"),
        ({"plain_bytes_max": 5 * 1024**3}, "plain_bytes_max"),
    ],
)
def test_a_contradiction_names_its_setting(values: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{named}:"):
        Config(**{"bucket": "bucket", **values})


def test_a_kms_key_goes_with_kms() -> None:
    assert Config("bucket", encryption=Encryption.KMS, kms_key_id="key").kms_key_id == "key"


def test_secrets_are_not_shown() -> None:
    config = Config("bucket", keys=Keys("AKID", "hidden-secret", "hidden-token"))

    assert "hidden" not in repr(config)
