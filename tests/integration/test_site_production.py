"""The site as a process: on the database that the environment names."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from campaigns.production import serve_site
from campaigns.settings import Settings
from crossfade.web.dashboard import Address
from support.engines.product import RunningProduct
from support.engines.values import Database
from support.site import PASSWORD, submit

CAMPAIGNS = Path(sys.executable).with_name("campaigns")
SECONDS_MAX = 60.0


@pytest.fixture
async def stop() -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    yield stop
    stop.set()


async def test_changes_of_a_served_site_reach_the_stores(
    product: RunningProduct, stop: asyncio.Event
) -> None:
    settings = Settings(database_url=product.settings.database_url.get_secret_value())
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    at = Address(port=0)
    serving = asyncio.create_task(
        serve_site(settings, product.settings, at, stop, address.set_result)
    )
    async with (
        asyncio.timeout(SECONDS_MAX),
        httpx.AsyncClient(base_url=await address) as browser,
    ):
        account = {"email": "ada@example.org", "password": PASSWORD}
        assert (await submit(browser, "/sign-up", account)).status_code == 303
        assert (await submit(browser, "/sign-in", account)).status_code == 303
        assert (await submit(browser, "/campaigns/new", {"name": "One"})).status_code == 303
    stop.set()
    await serving
    await product.assert_equal()
    assert len(await product.sql("SELECT 1 FROM campaigns")) == 1


def test_the_command_serves_until_a_signal(migrated: Database) -> None:
    environment = {**os.environ, "DATABASE_URL": migrated.dsn, "SECRET_KEY": "k" * 32}
    command = [str(CAMPAIGNS), "web", "--port", "0", "--alone"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stderr)))
        assert httpx.get(f"{found[0]}/sign-in").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS_MAX) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [({"SECRET_KEY": "short"}, "SECRET_KEY: too short"), ({"DATABASE_URL": ""}, "DATABASE_URL")],
)
def test_the_command_says_what_is_wrong(change: dict[str, str], said: str) -> None:
    environment = {"DATABASE_URL": "postgresql://x", **change}
    done = subprocess.run(
        [CAMPAIGNS, "web", "--port", "0", "--alone"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
