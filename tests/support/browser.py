"""Helpers of tests in a browser: windows, and what a user does first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, expect
from starlette.types import ASGIApp

ANSWER_MS = 15_000.0
PASSWORD = "a lamp at the rock"

Picture = Callable[[Page, str], Awaitable[None]]
"""Saves a picture of a page under a name."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A window's size, in CSS pixels, and the preferred colours."""

    width: int
    height: int
    is_dark: bool = False


DESKTOP = Screen(1200, 800)
PHONE = Screen(390, 844, is_dark=True)

Create = Callable[[asyncio.Event], ASGIApp]
"""Creates an application that ends its open requests once the event is set."""

Served = Callable[[Create], Awaitable[str]]
"""Serves an application until the test ends; returns its address."""


@asynccontextmanager
async def open_page(
    browser: Browser, screen: Screen = DESKTOP, *, scripts: bool = True
) -> AsyncIterator[Page]:
    """Open a page in a new context; its console and network must stay free of errors."""
    context = await browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.is_dark else "light",
        java_script_enabled=scripts,
    )
    context.set_default_timeout(ANSWER_MS)
    expect.set_options(timeout=ANSWER_MS)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield page
    await context.close()
    assert not errors, errors


async def sign_up(page: Page, site: str) -> None:
    """Make an account and sign in with it."""
    await page.goto(f"{site}/sign-up")
    await page.get_by_label("Your name").fill("Mira")
    await enter(page)
    await expect(page).to_have_url(f"{site}/sign-in")
    await enter(page)
    await expect(page).to_have_url(f"{site}/campaigns")


async def enter(page: Page) -> None:
    """Give address and password to the form that asks for them."""
    await page.get_by_label("Email address").fill("mira@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("main form button").click()
