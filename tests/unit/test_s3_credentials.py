"""The credentials that obstore receives, and when it asks for others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossfade.aws.credentials import RENEWAL_SECONDS
from crossfade.errors import AccessDenied
from crossfade.s3 import Keys
from crossfade.s3.credentials import CredentialProvider
from support.aws_chain import credential_process, isolated_chain


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential chain in which nothing is found; returns its configuration file."""
    return isolated_chain(tmp_path, monkeypatch)


async def test_given_keys_are_used_and_never_expire() -> None:
    assert await CredentialProvider(Keys("id", "secret", "token"))() == {
        "access_key_id": "id",
        "secret_access_key": "secret",
        "token": "token",
        "expires_at": None,
    }


@pytest.mark.usefixtures("chain")
async def test_otherwise_the_standard_chain_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id-of-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert (await CredentialProvider(None)())["access_key_id"] == "id-of-environment"


@pytest.mark.usefixtures("chain")
async def test_a_chain_without_credentials_names_what_to_set() -> None:
    with pytest.raises(AccessDenied, match="AWS_PROFILE"):
        await CredentialProvider(None)()


@pytest.mark.usefixtures("chain")
async def test_a_failing_chain_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")

    with pytest.raises(AccessDenied, match="ProfileNotFound"):
        await CredentialProvider(None)()


@pytest.mark.parametrize(("minutes", "renewed"), [(5, True), (60, False)])
def test_credentials_are_renewed_before_they_expire(
    chain: Path, tmp_path: Path, minutes: int, *, renewed: bool
) -> None:
    """The expiry that obstore is given is earlier than the real one."""
    command = credential_process(tmp_path, timedelta(minutes=minutes))
    chain.write_text(f"[default]\ncredential_process = {command}\n")
    provider = CredentialProvider(None)

    first = asyncio.run(provider())
    second = asyncio.run(provider())

    assert (first["access_key_id"] != second["access_key_id"]) is renewed
    assert first["token"] == "t"
    assert first["expires_at"] is not None
    assert first["expires_at"] <= datetime.now(UTC) + timedelta(seconds=RENEWAL_SECONDS)
