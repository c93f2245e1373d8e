"""One client per process and event loop; nothing leaks over many calls; credentials renew."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from crossfade.dynamo import Client, Request, Response, connect
from crossfade.errors import AccessDenied
from crossfade.testing import Answer, Arrived, HttpProxy, Rule
from support.aws_chain import credential_process, isolated_chain
from support.dynamo_tables import config_of, item, key, table_of
from support.engines.values import DynamoEngine

IN_FLIGHT = 32
BLOCKS_MAX = 2_000  # of memory, over ten thousand calls


async def test_all_callers_in_a_process_get_the_same_client(ministack: DynamoEngine) -> None:
    config = config_of(ministack)
    client = connect(config)
    assert connect(config_of(ministack)) is client
    other = connect(config_of(ministack, attempts_max=9))
    assert other is not client
    await other.close()
    await client.close()
    await client.close()
    later = connect(config)
    assert later is not client
    await later.close()


async def test_a_client_is_closed_by_its_last_user(ministack: DynamoEngine) -> None:
    relays, verifiers = connect(config_of(ministack)), connect(config_of(ministack))
    await verifiers.close()
    await relays.call("ListTables", {})
    await relays.close()
    assert relays.closed


async def test_another_event_loop_gets_another_client(ministack: DynamoEngine) -> None:
    async def use() -> Client:
        client = connect(config_of(ministack))
        await client.call("ListTables", {})
        return client

    async def use_and_close() -> Client:
        client = await use()
        await client.close()
        return client

    here = await use()
    there = await asyncio.to_thread(asyncio.run, use_and_close())
    assert there is not here
    assert (there.closed, here.closed) == (True, False)
    await here.close()


FORK = """
import asyncio, os, sys
from crossfade.dynamo import Config, connect

config = Config("us-east-1", endpoint=sys.argv[1], access_key="AK", secret_key="SK")

async def use():
    client = connect(config)
    await client.call("ListTables", {})
    return client

async def same():
    return connect(config)

loop = asyncio.new_event_loop()
ours = loop.run_until_complete(use())
child = os.fork()
if child == 0:
    inherited = loop.run_until_complete(same())
    theirs = asyncio.new_event_loop().run_until_complete(use())
    os._exit(0 if ours not in (inherited, theirs) else 1)
_, status = os.waitpid(child, 0)
again = loop.run_until_complete(use())
loop.run_until_complete(again.close())
sys.exit(os.waitstatus_to_exitcode(status) if again is ours else 2)
"""


def test_a_forked_child_gets_its_own_client_and_keeps_the_parents_intact(
    ministack: DynamoEngine,
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, ministack.endpoint],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


async def test_ten_thousand_calls_leak_neither_connections_nor_memory(
    dynamo: DynamoEngine, name_prefix: str
) -> None:
    """A tenth of them are cancelled under way."""
    if dynamo.name != "dynalite":
        pytest.skip("the fastest engine shows it best")
    table = f"{name_prefix}leaks"
    request = {"TableName": table, "Key": key()}
    async with table_of(dynamo, table) as client:
        await client.call("PutItem", {"TableName": table, "Item": item()})

        async def worker(calls: int) -> None:
            for number in range(calls):
                call = asyncio.create_task(client.call("GetItem", request))
                if number % 10 == 9:
                    await asyncio.sleep(0)
                    call.cancel()
                await asyncio.wait([call])

        async def burst(calls: int) -> None:
            await asyncio.gather(*(worker(calls // IN_FLIGHT) for _ in range(IN_FLIGHT)))

        await burst(1_000)
        gc.collect()
        before = sys.getallocatedblocks()
        await burst(10_000)
        gc.collect()
        assert sys.getallocatedblocks() - before < BLOCKS_MAX
        assert client.connections_open <= client.config.connections_max
        assert await client.call("GetItem", request) == {"Item": item()}
    assert client.connections_open == 0


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a profile that gives other keys each time that the chain is resolved."""
    command = credential_process(tmp_path, timedelta(hours=1))
    chain = isolated_chain(tmp_path, monkeypatch)
    chain.write_text(f"[profile p]\ncredential_process = {command}\n")
    return "p"


def access_keys(proxy: HttpProxy) -> list[str]:
    """The access keys that signed the requests, in order."""
    return [
        event.request.message.header("Authorization").partition("Credential=")[2].split("/")[0]
        for event in proxy.record.events
        if isinstance(event, Arrived)
    ]


async def test_expired_credentials_are_replaced_in_the_middle_of_a_run(
    ministack: DynamoEngine, profile: str
) -> None:
    async with HttpProxy(ministack.endpoint) as proxy:
        changes = {"access_key": None, "secret_key": None, "profile": profile}
        config = config_of(ministack, endpoint=proxy.endpoint, **changes)
        async with Client(config) as client:
            await client.call("ListTables", {})
            proxy.add(Rule(Answer(400, "ExpiredTokenException"), times=1))
            await client.call("ListTables", {})
        assert access_keys(proxy) == ["AK1", "AK1", "AK2"]


async def test_credentials_that_stay_expired_are_reported(
    ministack: DynamoEngine, profile: str
) -> None:
    async with HttpProxy(ministack.endpoint) as proxy:
        proxy.add(Rule(Answer(400, "ExpiredTokenException")))
        changes = {"access_key": None, "secret_key": None, "profile": profile}
        async with Client(config_of(ministack, endpoint=proxy.endpoint, **changes)) as client:
            with pytest.raises(AccessDenied, match="newer credentials"):
                await client.call("ListTables", {})
        assert access_keys(proxy) == ["AK1", "AK2"]


async def test_another_transport_can_be_used(ministack: DynamoEngine) -> None:
    """Signing, retries and error mapping stay; only the transport changes."""
    seen: list[Request] = []

    async def transport(request: Request) -> Response:
        seen.append(request)
        return Response(200, {}, b'{"TableNames":[]}')

    async with Client(config_of(ministack), transport) as client:
        assert await client.call("ListTables", {}) == {"TableNames": []}
        assert client.connections_open == 0
    assert seen[0].headers()["X-Amz-Target"] == "DynamoDB_20120810.ListTables"
    assert seen[0].headers()["Content-Length"] == str(len(seen[0].body))
    assert "Signature" not in repr(seen[0])
