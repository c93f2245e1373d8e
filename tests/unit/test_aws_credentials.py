"""Providers of credentials: explicit keys, the standard chain, its renewals and its errors."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crossfade import dynamo, s3
from crossfade.aws.credentials import (
    ChainProvider,
    Keys,
    StaticProvider,
    open_session,
    provider_of,
)
from crossfade.errors import AccessDenied
from support.aws_chain import credential_process, isolated_chain

LEAKING = f"{sys.executable} -c \"import sys; sys.exit('the-secret')\""


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential chain in which nothing is found; returns its configuration file."""
    return isolated_chain(tmp_path, monkeypatch)


def test_keys_print_without_secrets() -> None:
    printed = repr(Keys("AKIDEXAMPLE", "the-secret", "the-token"))
    assert "the-secret" not in printed
    assert "the-token" not in printed


def test_explicit_keys_replace_the_chain() -> None:
    keys = Keys("AK", "SK", "T")
    provider = provider_of(keys)
    assert isinstance(provider, StaticProvider)
    assert provider.load() is keys
    assert not provider.expires_within(10**9)
    provider.forget()
    assert provider.load() is keys
    assert isinstance(provider_of(None), ChainProvider)


def test_a_session_has_the_explicit_keys() -> None:
    found = open_session(Keys("AK", "SK", "T")).get_credentials()
    assert (found.access_key, found.secret_key, found.token) == ("AK", "SK", "T")


@pytest.mark.usefixtures("chain")
def test_an_empty_chain_names_what_to_set() -> None:
    with pytest.raises(AccessDenied, match="AWS_PROFILE"):
        ChainProvider().load()


@pytest.mark.usefixtures("chain")
def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert ChainProvider().load() == Keys("AKE", "s")


def test_keys_come_from_the_profile(chain: Path) -> None:
    chain.write_text("[profile p]\naws_access_key_id = AKP\naws_secret_access_key = s\n")
    provider = ChainProvider("p")
    assert provider.load() == Keys("AKP", "s")
    assert not provider.expires_within(10**9)


@pytest.mark.usefixtures("chain")
def test_a_missing_profile_is_reported() -> None:
    with pytest.raises(AccessDenied, match="ProfileNotFound"):
        ChainProvider("missing").load()


def test_temporary_keys_are_renewed_by_the_chain(chain: Path, tmp_path: Path) -> None:
    """A credential process that gave keys within botocore's renewal time is run again."""
    command = credential_process(tmp_path, timedelta(minutes=5))
    chain.write_text(f"[profile p]\ncredential_process = {command}\n")
    provider = ChainProvider("p")
    first = provider.load()
    assert provider.expires_within(600)
    assert not provider.expires_within(60)
    second = provider.load()
    assert first.access_key_id != second.access_key_id
    assert second.session_token == "t"


def test_a_failing_credential_process_is_reported_without_its_output(chain: Path) -> None:
    chain.write_text(f"[profile p]\ncredential_process = {LEAKING}\n")
    with pytest.raises(AccessDenied, match="CredentialRetrievalError") as caught:
        ChainProvider("p").load()
    assert "the-secret" not in str(caught.value)


def test_a_failing_renewal_is_reported_without_its_output(chain: Path, tmp_path: Path) -> None:
    command = credential_process(tmp_path, timedelta(minutes=5))
    chain.write_text(f"[profile p]\ncredential_process = {command}\n")
    provider = ChainProvider("p")
    provider.load()
    (tmp_path / "process.py").write_text("raise SystemExit('the-secret')")
    with pytest.raises(AccessDenied, match="CredentialRetrievalError") as caught:
        provider.load()
    assert "the-secret" not in str(caught.value)


def test_forgetting_resolves_the_whole_chain_again(chain: Path) -> None:
    """A file that was rewritten is read again."""
    chain.write_text("[profile p]\naws_access_key_id = OLD\naws_secret_access_key = s\n")
    provider = ChainProvider("p")
    assert provider.load().access_key_id == "OLD"
    chain.write_text("[profile p]\naws_access_key_id = NEW\naws_secret_access_key = s\n")
    assert provider.load().access_key_id == "OLD"
    provider.forget()
    assert provider.load().access_key_id == "NEW"


@pytest.mark.parametrize(
    "describe",
    [
        lambda: dynamo.describe_table(dynamo.Config("eu-central-1"), "table"),
        lambda: s3.describe(s3.Config("bucket")),
    ],
    ids=["table", "bucket"],
)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "ProfileNotFound"),
        (f"[profile p]\ncredential_process = {LEAKING}\n", "CredentialRetrievalError"),
        ("[profile p]\n", "no AWS credentials found"),
    ],
    ids=["missing profile", "failing process", "no keys"],
)
def test_administration_reports_a_failing_chain(
    chain: Path,
    monkeypatch: pytest.MonkeyPatch,
    describe: Callable[[], Coroutine[Any, Any, Any]],
    content: str,
    expected: str,
) -> None:
    chain.write_text(content)
    monkeypatch.setenv("AWS_PROFILE", "p")
    with pytest.raises(AccessDenied, match=expected) as caught:
        asyncio.run(describe())
    assert "the-secret" not in str(caught.value)
