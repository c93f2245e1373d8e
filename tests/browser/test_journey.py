"""What people do, in a real browser: on the application and, at the same time, on the dashboard."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from campaigns.mapping import APPLICATION
from campaigns.sample import PACKAGED, read_missions, transcript_of
from campaigns.web import SiteOptions, create_site
from crossfade.web.dashboard import create_dashboard
from support.browser import Picture, Served, open_page, sign_up
from support.engines.product import RunningProduct

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "missions"


@pytest.fixture
def transcript() -> FilePayload:
    """A real transcript as a file: hundreds of lines of an Apollo flight where they are at hand."""
    at_hand = RECORDED.is_dir()
    where = "at hand" if at_hand else "not at hand: the packaged sample stands in"
    sys.stdout.write(f"the recorded missions are {where}\n")
    missions = read_missions(RECORDED if at_hand else PACKAGED)
    sessions = (one for mission in missions for one in mission.sessions)
    longest = max(sessions, key=lambda one: len(one.turns))
    document = transcript_of(longest, 0).document or ""
    return {"name": "session.json", "mimeType": "application/json", "buffer": document.encode()}


@asynccontextmanager
async def relaying(product: RunningProduct) -> AsyncIterator[None]:
    """Run the relay, as a separate process would."""
    stop = asyncio.Event()
    task = asyncio.create_task(product.migration.run_relay(stop))
    yield
    stop.set()
    await task


def tile(page: Page, name: str) -> Locator:
    """Return a figure of the dashboard."""
    return page.locator(".tiles > div").filter(has_text=name)


async def make_session(page: Page) -> None:
    """Make a campaign and a session in it."""
    await page.get_by_role("link", name="New campaign").click()
    await page.get_by_label("Name", exact=True).fill("Apollo")
    await page.get_by_label("Description").fill("To the Moon and back.")
    await page.get_by_role("button", name="Create campaign").click()
    await page.get_by_role("link", name="New session").click()
    await page.get_by_label("Name", exact=True).fill("The long way")
    await page.get_by_label("Recap for the players").fill("They came back.")
    await page.get_by_role("button", name="Create session").click()
    await expect(page.get_by_role("heading", name="The long way")).to_be_visible()


async def upload(page: Page, transcript: FilePayload) -> None:
    """Bring a session's transcript."""
    await page.get_by_role("link", name="Upload or paste a transcript").click()
    await page.get_by_label("File").set_input_files(transcript)
    await page.get_by_role("button", name="Save the transcript").click()


async def test_a_user_works_through_an_outage_while_an_operator_watches(
    lively: RunningProduct,
    served: Served,
    browser: Browser,
    transcript: FilePayload,
    picture: Picture,
) -> None:
    site = await served(lambda _: create_site(lively.app, SiteOptions(secret="of the tests")))
    dashboard = await served(partial(create_dashboard, lively.settings, APPLICATION))
    async with (
        relaying(lively),
        open_page(browser) as user,
        open_page(browser) as operator,
    ):
        await operator.goto(dashboard)
        await expect(operator.get_by_text("All is well")).to_be_visible()
        await sign_up(user, site)
        await make_session(user)
        session = user.url

        await upload(user, transcript)
        await user.goto(session)
        await expect(user.get_by_text("in both stores")).to_be_visible()
        found = await lively.audit()
        assert found.is_clean, found.findings
        assert {one.entity: one.objects for one in found.entities}["session"] == 2  # text and JSON
        await picture(user, "session")

        await lively.dynamo.refuse()
        await user.goto(f"{session}/edit")
        await user.get_by_label("Name", exact=True).fill("The longer way")
        await user.get_by_role("button", name="Save").click()
        await expect(user.get_by_role("heading", name="The longer way")).to_be_visible()
        await expect(user.get_by_text("on its way")).to_be_visible()
        await expect(operator.get_by_text("All is well")).to_be_hidden()
        await picture(operator, "overview-outage")

        await lively.dynamo.open()
        await expect(user.get_by_text("in both stores")).to_be_visible()
        await expect(operator.get_by_text("DynamoDB: no breaker open")).to_be_visible()
        await expect(tile(operator, "Dirty keys")).to_contain_text(re.compile(r"Dirty keys\s*0\b"))
        await picture(operator, "overview")
    await lively.assert_equal()
