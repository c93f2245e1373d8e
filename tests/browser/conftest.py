"""A real browser, and the two web applications served to it on free ports."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright
from starlette.types import ASGIApp

from crossfade.web import Address, listen, serve, url_of

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ANSWER_MS = 15_000.0
PICTURES = "build/pictures"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where pictures go; known only when this folder is named on the command line."""
    parser.addoption("--pictures", default=PICTURES, help="folder for pictures of the pages")


@dataclass(frozen=True, slots=True)
class Screen:
    """A window's size, in CSS pixels, and the colours its owner prefers."""

    width: int
    height: int
    is_dark: bool = False


DESKTOP = Screen(1200, 800)
PHONE = Screen(390, 844, is_dark=True)

Served = Callable[[ASGIApp], Awaitable[str]]
"""Serves an application until the test ends; returns its address."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    if EXECUTABLE is None:
        pytest.skip("no chromium on this machine; on Debian: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@asynccontextmanager
async def open_page(browser: Browser, screen: Screen = DESKTOP) -> AsyncIterator[Page]:
    """A page of somebody's own, whose console and network must stay free of errors."""
    context = await browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.is_dark else "light",
        accept_downloads=True,
    )
    context.set_default_timeout(ANSWER_MS)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield page
    await context.close()
    assert not errors, errors


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Serve applications over HTTP in this process."""
    async with AsyncExitStack() as stack:

        async def start(application: ASGIApp) -> str:
            return await stack.enter_async_context(_serving(application))

        yield start


@asynccontextmanager
async def _serving(application: ASGIApp) -> AsyncIterator[str]:
    stop = asyncio.Event()
    with listen(Address()) as listener:
        task = asyncio.create_task(serve(application, listener, stop))
        yield url_of(listener)
        stop.set()
        await task


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], Awaitable[None]]:
    """Keep what a page shows as ``NAME.png`` in the folder of ``--pictures``."""
    folder = Path(request.config.getoption("--pictures", PICTURES))
    folder.mkdir(parents=True, exist_ok=True)

    async def taken(page: Page, name: str) -> None:
        await page.screenshot(path=folder / f"{name}.png", animations="disabled", scale="css")

    return taken
