"""Where credentials come from, and that they are renewed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossfade.errors import AccessDenied
from crossfade.s3 import Keys
from crossfade.s3.credentials import FRESH, CredentialChain, provider


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An AWS configuration file of this test's own, and nothing else that names credentials."""
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    file = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return file


def process_that_prints(file: Path, expires: datetime) -> str:
    """A configuration whose credentials come from a program and are new each time."""
    answer = {
        "Version": 1,
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": expires.isoformat(),
    }
    program = file.with_suffix(".py")
    program.write_text(
        "import json, pathlib\n"
        f"count = pathlib.Path({str(file.with_suffix('.count'))!r})\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(number))\n"
        f"print(json.dumps({answer!r} | {{'AccessKeyId': f'id-{{number}}'}}))\n"
    )
    return f"[default]\ncredential_process = {json.dumps(sys.executable)} {program}\n"


async def test_given_keys_are_used_and_never_expire() -> None:
    assert await provider(Keys("id", "secret", "token"))() == {
        "access_key_id": "id",
        "secret_access_key": "secret",
        "token": "token",
        "expires_at": None,
    }


@pytest.mark.usefixtures("bare")
async def test_the_standard_chain_is_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id-of-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert (await provider(None)())["access_key_id"] == "id-of-environment"


@pytest.mark.usefixtures("bare")
async def test_a_chain_without_credentials_says_what_to_set() -> None:
    with pytest.raises(AccessDenied, match="AWS_PROFILE"):
        await CredentialChain()()


@pytest.mark.parametrize(("minutes", "renewed"), [(5, True), (60, False)])
def test_credentials_are_renewed_before_they_expire(
    bare: Path, minutes: int, *, renewed: bool
) -> None:
    """Whatever is handed out is announced to be good for less long than it is."""
    now = datetime.now(UTC)
    bare.write_text(process_that_prints(bare, now + timedelta(minutes=minutes)))
    chain = CredentialChain()

    first = asyncio.run(chain())
    second = asyncio.run(chain())

    assert (first["access_key_id"] != second["access_key_id"]) is renewed
    assert first["token"] == "token"
    assert first["expires_at"] is not None
    assert first["expires_at"] <= datetime.now(UTC) + FRESH
