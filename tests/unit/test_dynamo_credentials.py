"""Credentials: found once for all, renewed ahead of time, off the event loop, told when missing."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossfade.dynamo import Config
from crossfade.dynamo.auth.credentials import ChainSource, FixedSource, KeyRing, source_of
from crossfade.dynamo.auth.request_signer import Authentication
from crossfade.dynamo.auth.sigv4 import Keys
from crossfade.errors import AccessDenied, Unreachable


class CountingSource:
    """Numbered keys; the test says when they near their end."""

    def __init__(self) -> None:
        self.loads = 0
        self.seconds_left = 3600.0
        self.forgotten = 0
        self.fails = False
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def load(self) -> Keys:
        self.gate.wait(10)
        self.threads.add(threading.get_ident())
        if self.fails:
            raise AccessDenied("no AWS credentials found")
        self.loads += 1
        return Keys(f"AK{self.loads}", "secret")

    def expires_within(self, seconds: int) -> bool:
        return self.seconds_left < seconds

    def forget(self) -> None:
        self.forgotten += 1


async def test_many_callers_load_once_and_not_on_the_event_loop() -> None:
    source = CountingSource()
    ring = KeyRing(source)
    found = await asyncio.gather(*(ring.keys() for _ in range(50)))
    assert {keys.access_key for keys in found} == {"AK1"}
    assert threading.get_ident() not in source.threads
    await ring.close()


async def test_keys_near_their_end_are_used_while_newer_ones_are_loaded() -> None:
    source = CountingSource()
    ring = KeyRing(source)
    await ring.keys()
    source.seconds_left = 100
    source.gate.clear()
    assert (await ring.keys()).access_key == "AK1"
    source.gate.set()
    async with asyncio.timeout(30):
        while (await ring.keys()).access_key == "AK1":  # noqa: ASYNC110 - a ring has no event for it
            await asyncio.sleep(0.001)
    assert source.loads == 2
    await ring.close()


async def test_expired_keys_are_waited_for() -> None:
    source = CountingSource()
    ring = KeyRing(source)
    await ring.keys()
    source.seconds_left = -1
    assert (await ring.keys()).access_key == "AK2"


async def test_a_failed_renewal_leaves_valid_keys_in_use() -> None:
    source = CountingSource()
    ring = KeyRing(source)
    await ring.keys()
    source.seconds_left, source.fails = 100, True
    for _ in range(3):
        assert (await ring.keys()).access_key == "AK1"
        await asyncio.sleep(0)
    await ring.close()


async def test_without_keys_every_caller_is_told_and_a_later_one_may_succeed() -> None:
    source = CountingSource()
    source.fails = True
    ring = KeyRing(source)
    outcomes = await asyncio.gather(ring.keys(), ring.keys(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [AccessDenied, AccessDenied]
    source.fails = False
    assert (await ring.keys()).access_key == "AK1"


async def test_refused_keys_are_forgotten_but_not_their_successors() -> None:
    source = CountingSource()
    ring = KeyRing(source)
    refused = await ring.keys()
    ring.forget(refused)
    assert (await ring.keys()).access_key == "AK2"
    ring.forget(refused)
    assert (await ring.keys()).access_key == "AK2"
    assert source.forgotten == 1


async def test_a_caller_that_gives_up_does_not_spoil_the_load_for_others() -> None:
    source = CountingSource()
    source.gate.clear()
    ring = KeyRing(source)
    impatient, patient = asyncio.create_task(ring.keys()), asyncio.create_task(ring.keys())
    await asyncio.sleep(0)
    impatient.cancel()
    source.gate.set()
    assert (await patient).access_key == "AK1"


async def test_a_chain_that_hangs_ends_with_the_calls_deadline() -> None:
    source = CountingSource()
    source.gate.clear()
    authentication = Authentication(KeyRing(source), "eu-central-1", "host")
    deadline = asyncio.get_running_loop().time() + 0.05
    with pytest.raises(Unreachable, match="no answer in time"):
        await authentication.turn("PutItem", deadline)
    source.gate.set()
    await authentication.close()


async def test_keys_that_were_refused_sign_nothing_more() -> None:
    source = CountingSource()
    authentication = Authentication(KeyRing(source), "eu-central-1", "host")
    deadline = asyncio.get_running_loop().time() + 10
    before = await authentication.turn("PutItem", deadline)
    authentication.forget()
    assert authentication.form("PutItem") is None
    after = await authentication.turn("PutItem", deadline)
    assert b"Credential=AK1/" in before(b"{}")
    assert b"Credential=AK2/" in after(b"{}")
    await authentication.close()


async def test_what_is_prepared_to_sign_is_of_one_operation() -> None:
    authentication = Authentication(KeyRing(FixedSource(Keys("AK", "SK"))), "eu-central-1", "host")
    deadline = asyncio.get_running_loop().time() + 10
    for operation in ("PutItem", "GetItem", "PutItem"):
        form = authentication.form(operation) or await authentication.turn(operation, deadline)
        assert f"X-Amz-Target: DynamoDB_20120810.{operation}\r\n".encode() in form(b"{}")
    await authentication.close()


def test_explicit_keys_stand_before_the_chain() -> None:
    config = Config("eu-central-1", access_key="AK", secret_key="SK", session_token="T")
    source = source_of(config)
    assert source.load() == Keys("AK", "SK", "T")
    assert not source.expires_within(10**9)
    assert isinstance(source, FixedSource)
    assert isinstance(source_of(Config("eu-central-1")), ChainSource)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential chain in which nothing is found; returns its configuration file."""
    for variable in tuple(os.environ):
        if variable.startswith("AWS_"):
            monkeypatch.delenv(variable)
    path = tmp_path / "config"
    path.touch()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return path


@pytest.mark.usefixtures("chain")
def test_an_empty_chain_says_what_to_set() -> None:
    with pytest.raises(AccessDenied, match="AWS_PROFILE"):
        ChainSource().load()


def test_keys_come_from_the_profile(chain: Path) -> None:
    chain.write_text("[profile p]\naws_access_key_id = AKP\naws_secret_access_key = s\n")
    source = ChainSource("p")
    assert source.load().access_key == "AKP"
    assert not source.expires_within(10**9)


def test_a_profile_that_is_not_there_is_told(chain: Path) -> None:
    chain.write_text("")
    with pytest.raises(AccessDenied, match="ProfileNotFound"):
        ChainSource("missing").load()


def _process(folder: Path, lifetime: timedelta) -> str:
    """A credential process that numbers its answers."""
    script = folder / "process.py"
    expiration = (datetime.now(UTC) + lifetime).isoformat()
    answer = {"Version": 1, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": expiration}
    counter = folder / "count"
    script.write_text(
        f"import json, pathlib\npath = pathlib.Path({str(counter)!r})\n"
        "count = int(path.read_text()) + 1 if path.exists() else 1\npath.write_text(str(count))\n"
        f"print(json.dumps({{**{json.dumps(answer)}, 'AccessKeyId': f'AK{{count}}'}}))\n"
    )
    return f"{sys.executable} {script}"


def test_temporary_keys_are_renewed_by_the_chain(chain: Path, tmp_path: Path) -> None:
    """A credential process whose keys are within botocore's renewal time answers anew."""
    command = _process(tmp_path, timedelta(minutes=5))
    chain.write_text(f"[profile p]\ncredential_process = {command}\n")
    source = ChainSource("p")
    first = source.load()
    assert source.expires_within(600)
    assert not source.expires_within(60)
    second = source.load()
    assert first.access_key != second.access_key
    assert second.token == "t"


def test_a_failing_credential_process_is_told_without_its_output(chain: Path) -> None:
    script = f"{sys.executable} -c \"import sys; sys.exit('the-secret')\""
    chain.write_text(f"[profile p]\ncredential_process = {script}\n")
    with pytest.raises(AccessDenied, match="CredentialRetrievalError") as caught:
        ChainSource("p").load()
    assert "the-secret" not in str(caught.value)


def test_forgetting_reads_the_whole_chain_anew(chain: Path) -> None:
    """A file that was rewritten is read again."""
    chain.write_text("[profile p]\naws_access_key_id = OLD\naws_secret_access_key = s\n")
    source = ChainSource("p")
    assert source.load().access_key == "OLD"
    chain.write_text("[profile p]\naws_access_key_id = NEW\naws_secret_access_key = s\n")
    assert source.load().access_key == "OLD"
    source.forget()
    assert source.load().access_key == "NEW"
