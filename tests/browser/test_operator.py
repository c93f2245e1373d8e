"""What an operator does, in a real browser: sign in, verify, read a finding, repair it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from campaigns.actions import create_campaign
from campaigns.inputs import NewCampaign
from campaigns.mapping import APPLICATION
from crossfade.jobs.loop import Pauses, forever
from crossfade.runtime.operator import open_worker
from crossfade.settings import Settings
from crossfade.testing.corruption.corruption import Corruption, corrupt
from crossfade.web.dashboard import create_dashboard
from support.browser import PHONE, Picture, Screen, Served, open_page
from support.engines.product import RunningProduct

TOKEN = "the operators of these tests"
WIDE = Screen(1200, 1000)


@asynccontextmanager
async def working(product: RunningProduct) -> AsyncIterator[None]:
    """Run the relay, and a worker that does what operators ask for."""
    stop = asyncio.Event()
    async with open_worker(product.settings, APPLICATION, product.events.append) as worker:
        jobs = (
            product.migration.run_relay(stop),
            forever("work", worker.step, stop, product.events.append, Pauses()),
        )
        tasks = [asyncio.create_task(job) for job in jobs]
        yield
        stop.set()
        await asyncio.gather(*tasks)


def guarded(product: RunningProduct) -> Settings:
    """Return settings under which operators have to sign in."""
    return product.settings.model_copy(update={"operator_token": SecretStr(TOKEN)})


async def ask(page: Page, action: str) -> None:
    """Ask for something from where a page offers it, and wait until it is done."""
    await page.get_by_role("link", name=re.compile(f"^{action}.*…$")).first.click()
    await page.get_by_role("button", name=action).click()
    await expect(page.get_by_text(re.compile("^done$", re.IGNORECASE)).first).to_be_visible()


async def test_an_operator_finds_and_repairs_damage(
    lively: RunningProduct, served: Served, browser: Browser, picture: Picture
) -> None:
    await create_campaign(lively.app, lively.user_id, NewCampaign(name="Apollo"))
    await lively.drain()
    await asyncio.to_thread(
        corrupt, lively.stores, APPLICATION.mappings, (Corruption.CHANGED_STRING,), seed=1, count=1
    )
    dashboard = await served(partial(create_dashboard, guarded(lively), APPLICATION))
    async with working(lively), open_page(browser, WIDE) as page:
        await page.goto(f"{dashboard}/parity")
        await page.get_by_label("Your name").fill("Olga")
        await page.get_by_label("Token").fill(TOKEN)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(f"{dashboard}/parity")
        await ask(page, "Verify")

        await page.goto(f"{dashboard}/findings")
        await picture(page, "findings")
        await page.locator("tbody a").first.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("differs")
        await picture(page, "finding")
        await ask(page, "Repair")

        await page.goto(f"{dashboard}/findings")
        await expect(page.get_by_text("No finding matches.")).to_be_visible()
        await page.goto(f"{dashboard}/parity")
        await picture(page, "parity")
        await page.goto(f"{dashboard}/gates")
        await picture(page, "gates")
    await lively.assert_equal()


async def test_no_page_of_the_dashboard_is_wider_than_a_phone(
    lively: RunningProduct, served: Served, browser: Browser, picture: Picture
) -> None:
    dashboard = await served(partial(create_dashboard, lively.settings, APPLICATION))
    async with open_page(browser, PHONE) as page:
        for name in ("", "parity", "findings", "keys", "gates", "backfill", "actions"):
            await page.goto(f"{dashboard}/{name}")
            await picture(page, f"dashboard-phone-{name or 'overview'}")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE.width, name
