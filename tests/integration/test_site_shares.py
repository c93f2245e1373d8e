"""Shared recaps and the search across sessions: what leaves a session's own page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.actions import (
    share_session,
)
from campaigns.records import Session
from campaigns.transcript_inputs import ShareRequest
from support.site import Person, TestedSite, new_session, sign_up, spoken_session, submit


async def shared(site: TestedSite, person: Person, session: Session) -> Session:
    request = ShareRequest(
        expected_revision=session.revision, expires_at=datetime.now(UTC) + timedelta(days=7)
    )
    return await share_session(site.app, person.id, session.id, request)


async def test_a_shared_recap_is_read_by_anybody_and_says_nothing_else(site: TestedSite) -> None:
    async with site.browser() as ada, site.browser() as nobody:
        person = await sign_up(site, ada)
        hidden = dict.fromkeys(("notes", "summary", "description"), "hidden")
        session = await spoken_session(
            site, person, "GM: hidden", player_recap="You climbed.", **hidden
        )
        address = f"/sessions/{session.id}"
        made = await submit(
            ada, address, {"expected_revision": "1", "days": "7"}, to=f"{address}/share"
        )
        assert made.headers["location"] == f"{address}#share"
        link = re.search(r'value="http://site.example(/s/[\w-]+)"', (await ada.get(address)).text)
        assert link is not None
        page = await nobody.get(link[1])
        assert page.status_code == 200
        assert "You climbed." in page.text
        assert "hidden" not in page.text
        assert person.id not in page.text
        assert session.id not in page.text
        assert "set-cookie" not in page.headers
        assert "noindex" in page.headers["x-robots-tag"]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "script" not in page.text
        await submit(ada, address, to=f"{address}/share/revoke")
        assert (await nobody.get(link[1])).status_code == 404


async def test_invalid_links_have_the_same_answer(site: TestedSite) -> None:
    async with site.browser() as ada, site.browser() as nobody:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person, player_recap="secret")
        never = session.share_token
        expired = (await shared(site, person, session)).share_token
        await site.sql("UPDATE sessions SET share_expires_at = now() - interval '1 s'")
        answers = {
            ((page := await nobody.get(f"/s/{token}")).status_code, page.text)
            for token in (never, expired, "0" * 22, "%00", "x" * 5000)
        }
        assert [status for status, _ in answers] == [404]


@pytest.mark.parametrize("days", ["", "0", "-1", "8", "99999999999", "x"])
async def test_a_link_works_for_one_of_the_times_offered(site: TestedSite, days: str) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person, player_recap="x")
        address = f"/sessions/{session.id}"
        values = {"expected_revision": "1", "days": days}
        assert (await submit(ada, address, values, to=f"{address}/share")).status_code == 422


async def test_a_search_across_sessions_shows_lines_and_leads_to_them(site: TestedSite) -> None:
    async with site.browser() as ada, site.browser() as eve:
        person = await sign_up(site, ada)
        said = "\n".join(["GM: x"] * 350 + ["Odile: we saw two lighthouses"])
        session = await spoken_session(site, person, said)
        await new_session(site, person, name="Lighthouse")
        page = (await ada.get("/search?words=lighthouse")).text
        assert "<mark>lighthouses</mark>" in page
        assert f"/sessions/{session.id}/transcript?from=300#turn-350" in page
        assert ">Lighthouse</a>" in page
        assert "No session has these words" in (await ada.get("/search?words=nowhere")).text
        assert (await ada.get("/search")).status_code == 200
        for odd in ("x" * 300, "%00", "a&after=zzz"):
            assert (await ada.get(f"/search?words={odd}")).status_code == 422
        await sign_up(site, eve, "eve@example.org")
        assert "lighthouses" not in (await eve.get("/search?words=lighthouse")).text
