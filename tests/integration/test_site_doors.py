"""Signing up, in and out."""

from __future__ import annotations

from site_helpers import TestedSite, sign_up


async def test_who_signed_up_and_in_sees_the_campaigns(site: TestedSite) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        page = await ada.get("/campaigns")
        assert page.status_code == 200
        assert "Campaigns" in page.text
