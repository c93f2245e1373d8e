"""The live overview in a real browser: figures change, focus and scroll position do not."""

from __future__ import annotations

from functools import partial

from playwright.async_api import Browser, expect

from campaigns.actions import create_campaign
from campaigns.inputs import NewCampaign
from campaigns.mapping import APPLICATION
from crossfade.testing import Refuse, Rule, Stall
from crossfade.web.dashboard import create_dashboard
from support.browser import Served
from support.engines.product import RunningProduct

SECONDS_MAX = 30.0


async def test_focus_and_scrolling_stay_when_figures_change(
    product: RunningProduct, browser: Browser, served: Served
) -> None:
    await product.drain()
    dashboard = await served(partial(create_dashboard, product.settings, APPLICATION))
    page = await browser.new_page(viewport={"width": 390, "height": 800})
    await page.goto(dashboard)
    await expect(page.locator("[data-live-state]")).to_contain_text("Live")
    entities = page.get_by_role("region", name="Entities")
    await entities.focus()
    await entities.evaluate("element => { element.scrollLeft = 60; }")
    product.dynamo.add(Rule(Stall(), operation="PutItem"))
    await create_campaign(product.app, product.user_id, NewCampaign(name="Under the reader"))
    named = page.get_by_role("rowheader", name="campaign", exact=True)
    row = page.get_by_role("row").filter(has=named)
    await expect(row.get_by_role("cell").first).to_have_text("1", timeout=SECONDS_MAX * 1000)
    assert await entities.evaluate("element => document.activeElement === element")
    assert await entities.evaluate("element => element.scrollLeft") == 60
    product.dynamo.clear()


async def test_figures_that_are_old_are_said_to_be(
    product: RunningProduct, browser: Browser, served: Served
) -> None:
    dashboard = await served(partial(create_dashboard, product.settings, APPLICATION))
    page = await browser.new_page()
    await page.goto(dashboard)
    state = page.locator("[data-live-state]")
    await expect(state).to_contain_text("Live")
    await product.database.inject(Refuse())
    product.database.cut()
    await expect(state).to_contain_text("The database does not answer", timeout=SECONDS_MAX * 1000)
    await product.database.heal()
    await expect(state).to_contain_text("Live", timeout=SECONDS_MAX * 1000)


async def test_a_page_without_scripts_shows_a_moment(
    product: RunningProduct, browser: Browser, served: Served
) -> None:
    dashboard = await served(partial(create_dashboard, product.settings, APPLICATION))
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(dashboard)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("need")
    await expect(page.locator("[data-live-state]")).to_contain_text("load it again")
    await context.close()
