"""`crossfade serve` and the metrics of `crossfade relay`, as separate processes."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from campaigns.mapping import APPLICATION
from crossfade.postgres import install
from support.engines.values import Database

SECONDS_MAX = 60.0
URL = re.compile(rb"http://\S+")


@pytest.fixture(autouse=True)
async def installed(environment: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed database, which the commands find and log about as programs read it."""
    await install(environment.dsn, APPLICATION.mappings)
    monkeypatch.setenv("CROSSFADE_LOG_FORMAT", "json")


@asynccontextmanager
async def crossfade(*words: str) -> AsyncIterator[Process]:
    """Run a command as a separate process, which is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crossfade.cli", *words, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def printed_url(stream: asyncio.StreamReader | None) -> str:
    """The address that a command prints first."""
    assert stream is not None
    found = URL.search(await stream.readline())
    assert found is not None
    return found.group().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_serve_takes_a_free_port_and_ends_on_a_signal(
    number: signal.Signals,
) -> None:
    """It ends at once and in order, though a client watches."""
    async with crossfade("serve", "--port", "0") as process:
        url = await printed_url(process.stdout)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=SECONDS_MAX) as client:
            assert (await client.get("/readyz")).text == "ready\n"
            async with client.stream("GET", "/overview/live") as live:
                lines = live.aiter_lines()
                assert await anext(lines) == "retry: 2000"
                process.send_signal(number)
                async for _ in lines:
                    pass
        assert await process.wait() == 0
        assert process.stderr is not None
        assert await process.stderr.read() == b""


async def test_serve_refuses_to_show_an_open_dashboard() -> None:
    async with crossfade("serve", "--host", "0.0.0.0") as process:  # noqa: S104
        _, printed = await process.communicate()
    assert process.returncode == 1
    assert b"CROSSFADE_OPERATOR_TOKEN" in printed


async def test_serve_without_its_extra_says_what_to_install() -> None:
    without = (
        "import sys; sys.modules['fastapi'] = None\n"
        "from crossfade.cli.main import app\n"
        "app(['serve'])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", without, stdout=PIPE, stderr=PIPE
    )
    _, printed = await process.communicate()
    assert process.returncode == 1
    assert b"fastapi, which is not installed: pip install 'crossfade[web]'" in printed


async def test_a_relay_shows_its_metrics(environment: Database) -> None:
    environment.execute(
        "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
    )
    async with crossfade("relay", "--metrics-port", "0") as process:
        url = await printed_url(process.stderr)
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS_MAX) as client:
            while not await delivered(client, url):  # noqa: ASYNC110 - the relay is asked
                await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def delivered(client: httpx.AsyncClient, url: str) -> float:
    """How many keys the relay says that it has delivered."""
    text = (await client.get(url)).text
    wanted = {"worker": "relay", "result": "delivered"}
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "crossfade_keys_total" and sample.labels == wanted
    )
