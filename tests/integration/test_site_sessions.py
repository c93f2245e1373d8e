"""Pages of sessions: made, shown, changed, moved, starred, deleted; strangers see nothing."""

from __future__ import annotations

import re
from html import escape

import httpx
import pytest

from campaigns.actions import (
    create_campaign,
    get_session,
    save_upload,
    update_session,
)
from campaigns.inputs import NewCampaign, SessionChanges
from campaigns.records import Campaign, Session
from campaigns.transcript_inputs import TranscriptUpload
from campaigns.transcripts import Form
from support.engines.product import RunningProduct
from support.site import Person, TestedSite, new_session, open_site_on, sign_up, submit

SCRIPT = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"


async def new_campaign(site: TestedSite, person: Person, name: str = "Gull Rock") -> Campaign:
    return await create_campaign(site.app, person.id, NewCampaign(name=name))


async def say(site: TestedSite, person: Person, session: Session, text: str) -> None:
    upload = TranscriptUpload(
        expected_revision=session.revision, content=text.encode(), form=Form.TXT
    )
    await save_upload(site.app, person.id, session.id, upload)
    site.pushes.seen.clear()


async def test_a_session_is_made_in_a_campaign_and_shown(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        campaign = await new_campaign(site, person)
        typed = {
            "name": "A Dark Night",
            "campaign_id": campaign.id,
            "number": "3",
            "played_on": "2026-02-07",
            "summary": "The lamp is dark.",
            "player_recap": "You climbed.",
            "notes": "The keeper did it.",
            "tags": "coast\nhorror",
        }
        made = await submit(ada, f"/sessions/new?campaign={campaign.id}", typed, to="/sessions/new")
        assert made.status_code == 303, made.text
        address = made.headers["location"]
        page = (await ada.get(address)).text
        for shown in (*typed.values(), "Gull Rock", "7 Feb 2026", "session 3", "coast", "horror"):
            if shown not in {campaign.id, "3", "2026-02-07", "coast\nhorror"}:
                assert shown in page, shown
        session_id = address.removeprefix("/sessions/")
        assert site.pushes.seen[-2:] == [("session", session_id), ("campaign", campaign.id)]


async def test_the_campaign_asked_for_is_chosen_in_the_form(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        campaign = await new_campaign(site, person)
        page = (await ada.get(f"/sessions/new?campaign={campaign.id}")).text
        assert f'<option value="{campaign.id}" selected>' in page


async def test_a_refused_form_keeps_what_was_typed_and_names_the_field(site: TestedSite) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        typed = {"name": "", "number": "-4", "notes": "kept"}
        page = await submit(ada, "/sessions/new", typed)
        assert page.status_code == 422
        assert 'id="number-problem"' in page.text
        assert 'id="name-problem"' in page.text
        assert "kept" in page.text


async def test_a_session_moves_to_another_campaign_and_out(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        one, two = await new_campaign(site, person), await new_campaign(site, person, "Salt Road")
        session = await new_session(site, person, campaign_id=one.id)
        edit = f"/sessions/{session.id}/edit"
        for revision, campaign_id in enumerate((two.id, "")):
            typed = {"name": "x", "campaign_id": campaign_id, "expected_revision": str(revision)}
            moved = await submit(ada, edit, typed)
            assert moved.status_code == 303, moved.text
            found = await get_session(site.app, person.id, session.id)
            assert found.campaign_id == (campaign_id or None)
        counts = await site.sql("SELECT session_count FROM campaigns")
        assert [row["session_count"] for row in counts] == [0, 0]


def form_of(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's form, as a browser sends them."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))


async def test_who_was_slower_sees_both_versions_and_chooses(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person, summary="old")
        edit = f"/sessions/{session.id}/edit"
        loaded = form_of(await ada.get(edit))
        theirs = SessionChanges(expected_revision=0, summary="theirs")
        await update_session(site.app, person.id, session.id, theirs)
        typed = {**loaded, "name": "Mine alone", "summary": "mine"}
        clash = await ada.post(edit, data=typed)
        assert clash.status_code == 409
        assert "you both changed it" in clash.text
        for version in ("mine", "theirs", "Mine alone"):
            assert version in clash.text
        chosen = {**form_of(clash), "name": "Mine alone", "summary": "theirs"}
        saved = await ada.post(edit, data=chosen)
        assert saved.status_code == 303, saved.text
        after = await get_session(site.app, person.id, session.id)
        assert (after.name, after.summary) == ("Mine alone", "theirs")


async def test_changes_that_do_not_touch_each_other_are_both_kept(site: TestedSite) -> None:
    """Another user edited the transcript, or another field, while the form was open."""
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        edit = f"/sessions/{session.id}/edit"
        loaded = form_of(await ada.get(edit))
        await say(site, person, session, "GM: hello")
        saved = await ada.post(edit, data={**loaded, "name": session.name, "notes": "mine"})
        assert saved.status_code == 303, saved.text
        after = await get_session(site.app, person.id, session.id)
        assert (after.notes, after.word_count) == ("mine", 1)


async def test_a_session_is_starred_and_unstarred(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        address = f"/sessions/{session.id}"
        for revision, starred in enumerate(("on", "")):
            values = {"expected_revision": str(revision), "starred": starred}
            await submit(ada, address, values, to=f"{address}/star")
            found = await get_session(site.app, person.id, session.id)
            assert found.is_starred is (starred == "on")
        late = await submit(ada, address, {"expected_revision": "0"}, to=f"{address}/star")
        assert late.status_code == 303
        assert "in the meantime" in (await ada.get(address)).text


async def test_a_session_is_deleted_after_a_question(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        campaign = await new_campaign(site, person)
        session = await new_session(site, person, campaign_id=campaign.id)
        deleted = await submit(ada, f"/sessions/{session.id}/delete")
        assert deleted.headers["location"] == f"/campaigns/{campaign.id}"
        assert (await ada.get(f"/sessions/{session.id}")).status_code == 404


async def test_the_session_page_takes_few_statements(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        await say(site, person, session, "GM: hello\nOdile: hi")
        for address in ("", "/transcript", "/edit", "/transcript/speakers"):
            with site.statements() as seen:
                assert (await ada.get(f"/sessions/{session.id}{address}")).status_code == 200
            assert len(seen) <= 5, seen


ROUTES = [
    ("GET", ""),
    ("GET", "/badge"),
    ("GET", "/edit"),
    ("POST", "/edit"),
    ("GET", "/delete"),
    ("POST", "/delete"),
    ("POST", "/star"),
    ("POST", "/share"),
    ("POST", "/share/revoke"),
    ("GET", "/transcript"),
    ("GET", "/transcript/lines"),
    ("GET", "/transcript/export.md"),
    ("GET", "/transcript/export.txt"),
    ("GET", "/transcript/upload"),
    ("POST", "/transcript/upload"),
    ("GET", "/transcript/speakers"),
    ("POST", "/transcript/speakers"),
    ("POST", "/transcript/turns/0"),
]
VALUES = {
    "expected_revision": "1",
    "name": "taken",
    "days": "7",
    "text": "taken",
    "speaker": "GM",
    "expected": "0" * 32,
}


async def test_every_route_of_a_session_is_tried_by_a_stranger(site: TestedSite) -> None:
    tried = {(method, f"/sessions/{{session_id}}{path}") for method, path in ROUTES}
    there = {
        (method, re.sub(r"{position}", "0", path))
        for method, path in site.routes()
        if path.startswith("/sessions/{session_id}")
    }
    spelled = {
        (method, path.replace("{ending}", ending))
        for method, path in there
        for ending in ("md", "txt")
    }
    assert tried == spelled


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_another_users_session_is_not_found_and_stays_as_it_is(
    site: TestedSite, method: str, path: str
) -> None:
    async with site.browser() as ada, site.browser() as eve:
        person = await sign_up(site, ada)
        session = await new_session(site, person, player_recap="secret", notes="secret")
        await say(site, person, session, "GM: secret")
        before = await site.sql("SELECT * FROM sessions")
        await sign_up(site, eve, "eve@example.org")
        address = f"/sessions/{session.id}{path}"
        if method == "GET":
            answer = await eve.get(address)
        else:
            answer = await submit(eve, "/sessions/new", VALUES, to=address)
        assert answer.status_code == 404
        assert "secret" not in answer.text
        assert await site.sql("SELECT * FROM sessions") == before
        assert site.pushes.seen == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nobody_reads_or_writes_without_signing_in(
    site: TestedSite, method: str, path: str
) -> None:
    async with site.browser() as nobody:
        address = f"/sessions/any{path}"
        if method == "GET":
            answer = await nobody.get(address)
        else:
            answer = await submit(nobody, "/sign-in", VALUES, to=address)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
async def test_a_form_of_another_site_is_refused(site: TestedSite, path: str) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        for values in (VALUES, {**VALUES, "csrf_token": "0" * 64}):
            answer = await ada.post(f"/sessions/{session.id}{path}", data=values)
            assert answer.status_code == 403
        assert (await get_session(site.app, person.id, session.id)).revision == 0


async def test_another_users_campaign_cannot_be_entered(site: TestedSite) -> None:
    async with site.browser() as ada, site.browser() as eve:
        person = await sign_up(site, ada)
        campaign = await new_campaign(site, person)
        eves = await sign_up(site, eve, "eve@example.org")
        session = await new_session(site, eves)
        typed = {"name": "x", "campaign_id": campaign.id, "expected_revision": "0"}
        for address in ("/sessions/new", f"/sessions/{session.id}/edit"):
            assert (await submit(eve, address, typed)).status_code == 404
        assert (await eve.get(f"/search?words=x&campaign={campaign.id}")).status_code == 404
        assert campaign.name not in (await eve.get("/sessions/new")).text


async def test_script_in_any_field_is_text(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        texts = ("name", "description", "summary", "player_recap", "notes", "error_message")
        campaign = await new_campaign(site, person, SCRIPT)
        session = await new_session(
            site,
            person,
            **dict.fromkeys(texts, SCRIPT),
            tags=(SCRIPT,),
            campaign_id=campaign.id,
        )
        await say(site, person, session, f"GM: {SCRIPT}\n[{SCRIPT}] {SCRIPT}")
        quoted = "%3Cscript%3Ealert(%27x%27)"
        for path in ("", "/edit", "/delete", "/transcript", "/transcript/speakers"):
            page = await ada.get(f"/sessions/{session.id}{path}")
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "<img src=x" not in page.text
        for address in (
            f"/search?words={quoted}",
            f"/sessions/{session.id}/transcript?q={quoted}",
            f"/sessions/{session.id}/transcript?edit=1",
            f"/sessions/new?campaign={quoted}",
            f"/campaigns/{campaign.id}",
        ):
            page = await ada.get(address)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
        assert escape(SCRIPT, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page.text


@pytest.mark.parametrize("session_id", ["nothing", "..%2f..%2fetc", "%00", "x" * 3000, "%ff"])
async def test_an_invalid_id_is_not_found(site: TestedSite, session_id: str) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        assert (await ada.get(f"/sessions/{session_id}")).status_code == 404


async def test_a_badge_follows_the_session_into_both_stores(product: RunningProduct) -> None:
    async with open_site_on(product) as site, site.browser() as ada:
        person = await sign_up(site, ada)
        await product.drain()
        await product.dynamo.refuse()
        session = await new_session(site, person)
        address = f"/sessions/{session.id}"
        assert "on its way" in (await ada.get(address)).text
        part = await ada.get(f"{address}/badge")
        assert f'data-refresh="{address}/badge"' in part.text
        assert "on its way" in (await ada.get("/sessions")).text
        await product.dynamo.accept()
        await product.drain()
        part = await ada.get(f"{address}/badge")
        assert "in both stores" in part.text
        assert "data-refresh" not in part.text
        assert "in both stores" in (await ada.get("/sessions")).text


async def test_without_a_second_store_there_are_no_badges(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        assert (await ada.get(f"/sessions/{session.id}/badge")).text.strip() == ""
        assert "badge" not in (await ada.get("/sessions")).text
