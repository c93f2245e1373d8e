"""A real browser, and the two web applications served to it on free ports."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from crossfade.web.dashboard import Address, listen, serve, url_of
from support.browser import Create, Picture, Served
from support.engines.product import RunningProduct, open_product
from support.engines.values import Database, DynamoEngine, S3Engine

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURES = "build/pictures"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the folder of pictures; known only when this folder is named on the command line."""
    parser.addoption("--pictures", default=PICTURES, help="folder for pictures of the pages")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Return Debian's Chromium, without a window."""
    if EXECUTABLE is None:
        pytest.skip("no chromium on this machine; on Debian: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
async def lively(
    migrated: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[RunningProduct]:
    """Return the whole product, with heartbeats often enough for users who watch it."""
    del credentials
    often = {"pulse_seconds": 0.5, "canary_seconds": 0.5}
    async with open_product(migrated, ministack, bucket, **often) as product:
        yield product


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Serve applications over HTTP in this process."""
    async with AsyncExitStack() as stack:

        async def start(create: Create) -> str:
            return await stack.enter_async_context(_serving(create))

        yield start


@asynccontextmanager
async def _serving(create: Create) -> AsyncIterator[str]:
    stop = asyncio.Event()
    with listen(Address()) as listener:
        task = asyncio.create_task(serve(create(stop), listener, stop))
        yield url_of(listener)
        stop.set()
        await task


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Save pictures of pages as ``NAME.png`` in the folder of ``--pictures``."""
    folder = Path(request.config.getoption("--pictures", PICTURES))
    folder.mkdir(parents=True, exist_ok=True)

    async def taken(page: Page, name: str) -> None:
        await page.screenshot(path=folder / f"{name}.png", animations="disabled", scale="css")

    return taken
