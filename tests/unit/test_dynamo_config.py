"""Configurations that cannot work are refused with the field's name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crossfade.aws.credentials import Keys
from crossfade.dynamo import Config
from crossfade.dynamo.http.transport import Endpoint, endpoint_of
from crossfade.errors import ConfigurationError
from support.aws_chain import credential_process, isolated_chain


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"region": ""}, "region"),
        ({"access_key": "AK"}, "secret_key"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"attempt_timeout_seconds": -1}, "attempt_timeout_seconds"),
        ({"connect_timeout_seconds": float("nan")}, "connect_timeout_seconds"),
        ({"connections_max": 0}, "connections_max"),
        ({"attempts_max": 0}, "attempts_max"),
    ],
)
def test_a_field_out_of_range_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field):
        Config(**{"region": "eu-central-1", **changes})


def test_a_configuration_prints_without_secrets() -> None:
    config = Config("eu-central-1", access_key="AK", secret_key="shh", session_token="tok")
    assert "shh" not in repr(config)
    assert "tok" not in repr(config).replace("retry_tokens_max", "")


def test_explicit_credentials_are_one_set_of_keys() -> None:
    config = Config("eu-central-1", access_key="AK", secret_key="SK", session_token="T")
    assert config.keys == Keys("AK", "SK", "T")
    assert Config("eu-central-1").keys is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "http://127.0.0.1:8000",
            Endpoint("127.0.0.1", 8000, tls=False, authority="127.0.0.1:8000"),
        ),
        ("https://db.example/", Endpoint("db.example", 443, tls=True, authority="db.example")),
        ("https://db.example:443", Endpoint("db.example", 443, tls=True, authority="db.example")),
        (
            "http://db.example:443",
            Endpoint("db.example", 443, tls=False, authority="db.example:443"),
        ),
        ("http://[::1]:8000", Endpoint("::1", 8000, tls=False, authority="[::1]:8000")),
    ],
)
def test_an_endpoint_is_parsed(url: str, expected: Endpoint) -> None:
    assert Endpoint.of(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://x",
        "http://",
        "http://h:99999",
        "http://h/path",
        "http://h?x=1",
        "http://user:word@h",
    ],
)
def test_a_malformed_endpoint_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint") as caught:
        Endpoint.of(url)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("changes", [{"region": "no such/region"}, {"profile": "no-such-profile"}])
def test_an_unknown_region_or_profile_is_a_configuration_error(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="region or profile"):
        endpoint_of(Config(**{"region": "eu-central-1", **changes}))


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "dynamodb.eu-central-1.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_without_an_endpoint_the_regions_own_is_used(region: str, host: str) -> None:
    assert endpoint_of(Config(region)) == Endpoint(host, 443, tls=True, authority=host)


def test_finding_an_endpoint_does_not_resolve_the_credential_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = isolated_chain(tmp_path, monkeypatch)
    command = credential_process(tmp_path, timedelta(hours=1))
    chain.write_text(f"[profile p]\ncredential_process = {command}\n")

    assert endpoint_of(Config("eu-central-1", profile="p")).tls
    assert not (tmp_path / "count").exists()
