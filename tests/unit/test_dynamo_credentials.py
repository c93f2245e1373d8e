"""The cache of a client's keys, and the signer that uses it: loads, renewals, expiry, refusals."""

from __future__ import annotations

import asyncio
import threading

import pytest

from crossfade.aws.credentials import Keys, StaticProvider
from crossfade.dynamo.auth.credential_cache import CredentialCache
from crossfade.dynamo.auth.request_signer import RequestSigner
from crossfade.errors import AccessDenied, Unreachable


class CountingProvider:
    """Numbered keys; the test sets how soon they expire."""

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
    provider = CountingProvider()
    cache = CredentialCache(provider)
    found = await asyncio.gather(*(cache.keys() for _ in range(50)))
    assert {keys.access_key_id for keys in found} == {"AK1"}
    assert threading.get_ident() not in provider.threads
    await cache.close()


async def test_keys_about_to_expire_are_used_while_newer_ones_are_loaded() -> None:
    provider = CountingProvider()
    cache = CredentialCache(provider)
    await cache.keys()
    provider.seconds_left = 100
    provider.gate.clear()
    assert (await cache.keys()).access_key_id == "AK1"
    provider.gate.set()
    async with asyncio.timeout(30):
        while (await cache.keys()).access_key_id == "AK1":  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.001)
    assert provider.loads == 2
    await cache.close()


async def test_expired_keys_are_waited_for() -> None:
    provider = CountingProvider()
    cache = CredentialCache(provider)
    await cache.keys()
    provider.seconds_left = -1
    assert (await cache.keys()).access_key_id == "AK2"


async def test_a_failed_renewal_leaves_valid_keys_in_use() -> None:
    provider = CountingProvider()
    cache = CredentialCache(provider)
    await cache.keys()
    provider.seconds_left, provider.fails = 100, True
    for _ in range(3):
        assert (await cache.keys()).access_key_id == "AK1"
        await asyncio.sleep(0)
    await cache.close()


async def test_without_keys_every_caller_gets_the_error_and_a_later_one_may_succeed() -> None:
    provider = CountingProvider()
    provider.fails = True
    cache = CredentialCache(provider)
    outcomes = await asyncio.gather(cache.keys(), cache.keys(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [AccessDenied, AccessDenied]
    provider.fails = False
    assert (await cache.keys()).access_key_id == "AK1"


async def test_refused_keys_are_forgotten_and_their_successors_are_kept() -> None:
    provider = CountingProvider()
    cache = CredentialCache(provider)
    refused = await cache.keys()
    cache.forget(refused)
    assert (await cache.keys()).access_key_id == "AK2"
    cache.forget(refused)
    assert (await cache.keys()).access_key_id == "AK2"
    assert provider.forgotten == 1


async def test_a_caller_that_gives_up_does_not_spoil_the_load_for_others() -> None:
    provider = CountingProvider()
    provider.gate.clear()
    cache = CredentialCache(provider)
    cancelled, other = asyncio.create_task(cache.keys()), asyncio.create_task(cache.keys())
    await asyncio.sleep(0)
    cancelled.cancel()
    provider.gate.set()
    assert (await other).access_key_id == "AK1"


async def test_a_chain_that_hangs_ends_with_the_calls_deadline() -> None:
    provider = CountingProvider()
    provider.gate.clear()
    signer = RequestSigner(CredentialCache(provider), "eu-central-1", "host")
    deadline = asyncio.get_running_loop().time() + 0.05
    with pytest.raises(Unreachable, match="no keys in time"):
        await signer.prepare("PutItem", deadline)
    provider.gate.set()
    await signer.close()


async def test_keys_that_were_refused_sign_nothing_more() -> None:
    provider = CountingProvider()
    signer = RequestSigner(CredentialCache(provider), "eu-central-1", "host")
    deadline = asyncio.get_running_loop().time() + 10
    before = await signer.prepare("PutItem", deadline)
    signer.forget()
    assert signer.prepared("PutItem") is None
    after = await signer.prepare("PutItem", deadline)
    assert b"Credential=AK1/" in before(b"{}")
    assert b"Credential=AK2/" in after(b"{}")
    await signer.close()


async def test_what_is_prepared_to_sign_is_of_one_operation() -> None:
    cache = CredentialCache(StaticProvider(Keys("AK", "SK")))
    signer = RequestSigner(cache, "eu-central-1", "host")
    deadline = asyncio.get_running_loop().time() + 10
    for operation in ("PutItem", "GetItem", "PutItem"):
        sign = signer.prepared(operation) or await signer.prepare(operation, deadline)
        assert f"X-Amz-Target: DynamoDB_20120810.{operation}\r\n".encode() in sign(b"{}")
    await signer.close()
