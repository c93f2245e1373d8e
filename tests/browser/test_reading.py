"""Long transcripts in a real browser: on a phone, in the dark, and without scripts."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from campaigns.actions import create_campaign, create_session, save_upload
from campaigns.inputs import NewCampaign, NewSession
from campaigns.transcript_inputs import TranscriptUpload
from campaigns.transcripts import Form
from support.browser import PHONE, Picture, Served, open_page, sign_up
from support.site import TestedSite

TURNS = 12_000


@pytest.fixture
async def address(site: TestedSite, served: Served) -> str:
    """Where the site is served."""
    return await served(lambda _: site.site)


async def write_down(site: TestedSite) -> str:
    """Give the user who signed up a campaign and a session of 12,000 turns; return its path."""
    ((user,),) = [row.values() for row in await site.sql("SELECT id FROM users")]
    campaign = await create_campaign(site.app, user, NewCampaign(name="Salt Road"))
    new = NewSession(
        name="The long night",
        campaign_id=campaign.id,
        player_recap="It was long.",
        notes="The GM lied.",
    )
    session = await create_session(site.app, user, new)
    lines = (f"Speaker {number % 5}: line {number} of the night" for number in range(TURNS))
    content = "\n".join(lines).encode()
    upload = TranscriptUpload(expected_revision=0, content=content, form=Form.TXT)
    await save_upload(site.app, user, session.id, upload)
    return f"/sessions/{session.id}"


async def test_a_long_transcript_is_read_searched_and_edited_on_a_phone(
    site: TestedSite, address: str, browser: Browser, picture: Picture
) -> None:
    async with open_page(browser, PHONE) as page:
        await sign_up(page, address)
        session = await write_down(site)
        await page.goto(f"{address}{session}")
        await picture(page, "session-phone")
        await page.get_by_role("link", name="Read the transcript").click()
        await expect(page.get_by_text("line 0 of the night")).to_be_visible()
        await page.locator("#later").scroll_into_view_if_needed()
        await expect(page.get_by_text("line 599 of the night")).to_be_attached()

        await search(page, "line 1199")
        await expect(page.get_by_role("status")).to_contain_text("1 of 11")
        await page.get_by_role("link", name="Next").click()
        await expect(page.get_by_role("status")).to_contain_text("2 of 11")
        await expect(page.locator("li.current mark")).to_be_in_viewport()
        await picture(page, "transcript-phone")

        await page.locator("li.current .pencil").click()
        await page.get_by_label("Text", exact=True).fill("They saw the lamp.")
        await page.get_by_role("button", name="Save the line").click()
        await expect(page.get_by_text("They saw the lamp.")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE.width


async def test_everything_works_without_scripts(
    site: TestedSite, address: str, browser: Browser
) -> None:
    async with open_page(browser, scripts=False) as page:
        await sign_up(page, address)
        session = await write_down(site)
        await page.goto(f"{address}{session}/transcript")
        await page.get_by_role("link", name="Later lines").click()
        await expect(page.get_by_role("link", name="Earlier lines")).to_be_visible()
        await search(page, "line 11999")
        await expect(page.get_by_role("status")).to_contain_text("1 of 1")
        await page.goto(f"{address}{session}")
        await page.get_by_role("button", name="Create a link").click()
        link = await page.locator("#share-link").input_value()
    async with open_page(browser) as anybody:
        await anybody.goto(address + urlsplit(link).path)
        await expect(anybody.get_by_text("It was long.")).to_be_visible()
        await expect(anybody.get_by_text("The GM lied.")).to_have_count(0)


async def test_the_keyboard_reaches_the_content_first(address: str, browser: Browser) -> None:
    async with open_page(browser) as page:
        await page.goto(f"{address}/sign-up")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{address}/sign-up#content")


async def search(page: Page, words: str) -> None:
    """Search in the transcript that is shown."""
    await page.get_by_label("Search in this transcript").fill(words)
    await page.get_by_role("button", name="Search").click()
