"""The list of campaigns, a campaign's page, and the forms that change them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from html import unescape

import httpx
import pytest

from campaigns.actions import (
    add_character,
    create_campaign,
    create_session,
    get_campaign,
    update_campaign,
)
from campaigns.enums import CampaignStatus
from campaigns.inputs import CampaignChanges, NewCampaign, NewCharacter, NewSession
from campaigns.records import Campaign
from support.site import Person, TestedSite, sign_up, submit

STATEMENTS_MAX = 5
TEXTAREA = re.compile(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', re.DOTALL)
SELECT = re.compile(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)


@dataclass(frozen=True)
class Scene:
    """A site with Ada, signed in."""

    site: TestedSite
    ada: httpx.AsyncClient
    person: Person

    async def campaign(self, name: str = "One", **fields: object) -> Campaign:
        """Make a campaign of Ada's, past the pages."""
        new = NewCampaign.model_validate({"name": name, **fields})
        return await create_campaign(self.site.app, self.person.id, new)


@pytest.fixture
async def scene(site: TestedSite) -> AsyncIterator[Scene]:
    async with site.browser() as ada:
        yield Scene(site, ada, await sign_up(site, ada))


def boxes(page: httpx.Response) -> dict[str, str]:
    """Return what a form would send if nothing were typed, as browsers do."""
    text = page.text
    values = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
    for tag in re.findall(r"<input (?!type=.hidden)[^>]+>", text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("radio" not in tag or "checked" in tag):
            values[name[1]] = value[1] if value else ""
    values |= dict(TEXTAREA.findall(text))
    for name, options in SELECT.findall(text):
        chosen = re.findall(r'<option value="([^"]*)"( selected)?>', options)
        values[name] = next((value for value, mark in chosen if mark), chosen[0][0])
    return {name: unescape(value) for name, value in values.items()}


async def test_a_new_campaign_keeps_everything_that_was_typed(scene: Scene) -> None:
    typed = {
        "name": "The Sunken Keep",
        "slug": "keep",
        "description": "Line one\r\nLine two",
        "system": "HOMEBREW",
        "status": "ACTIVE",
        "started_on": "2026-02-07",
        "usual_start": "19:30",
        "party_level": "3",
        "treasury_gp": "1250.50",
        "tags": "horror\r\n\r\n  coast  ",
        "player_names": "Aldous\nBrin",
    }
    answer = await submit(scene.ada, "/campaigns/new", typed)
    assert answer.status_code == 303
    address = answer.headers["location"]
    campaign = await get_campaign(scene.site.app, scene.person.id, address.rpartition("/")[2])
    assert campaign.description == "Line one\nLine two"
    assert campaign.tags == ("horror", "coast")
    assert campaign.player_names == ("Aldous", "Brin")
    assert str(campaign.treasury_gp) == "1250.50"
    assert scene.site.pushes.seen == [("campaign", campaign.id)]
    page = await scene.ada.get(address)
    for shown in ("The Sunken Keep was created.", "Homebrew", "Active", "level 3", "7 Feb 2026"):
        assert shown in page.text
    assert "usually at 19:30" in page.text
    assert "Aldous, Brin" in page.text


async def test_a_name_is_enough(scene: Scene) -> None:
    answer = await submit(scene.ada, "/campaigns/new", {"name": "One"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 201),
        ("slug", "Not A Slug"),
        ("description", "x" * 100_001),
        ("description", "nul \0"),
        ("system", "chess"),
        ("status", "LOST"),
        ("started_on", "yesterday"),
        ("usual_start", "late"),
        ("party_level", "0"),
        ("treasury_gp", "a lot"),
        ("tags", "\n".join(str(number) for number in range(201))),
        ("player_names", "x" * 1025),
    ],
)
async def test_a_problem_is_shown_beside_its_field(scene: Scene, field: str, value: str) -> None:
    typed = {"name": "One", "description": "kept", "tags": "a", field: value}
    answer = await submit(scene.ada, "/campaigns/new", typed)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert re.search(rf'aria-describedby="{field}-problem', answer.text)
    assert answer.text.count(" autofocus") == 1
    kept = boxes(answer)
    for name in {"name", "description", "tags"} - {field}:
        assert kept[name] == typed[name]
    assert await scene.site.sql("SELECT 1 FROM campaigns") == []


async def test_a_taken_short_name_is_said_beside_it(scene: Scene) -> None:
    await scene.campaign("One")
    answer = await submit(scene.ada, "/campaigns/new", {"name": "One"})
    assert answer.status_code == 422
    assert 'id="slug-problem"' in answer.text
    assert "used by another campaign of yours" in answer.text.lower()


async def test_the_list_shows_what_is_current_and_filters_by_status(scene: Scene) -> None:
    one = await scene.campaign("The first one", status="ACTIVE", description="Of salt")
    await scene.campaign("The second one")
    await scene.campaign("The put away one", status="ARCHIVED")
    for day in ("2026-02-07", "2026-03-14"):
        new = NewSession(name="x", campaign_id=one.id, played_on=date.fromisoformat(day))
        await create_session(scene.site.app, scene.person.id, new)
    page = (await scene.ada.get("/campaigns")).text
    assert "The first one" in page
    assert "The second one" in page
    assert "The put away one" not in page
    assert "2 sessions" in page
    assert "last played 14 Mar 2026" in page
    assert "not played yet" in page
    assert "Of salt" in page
    archived = (await scene.ada.get("/campaigns?status=ARCHIVED")).text
    assert "The put away one" in archived
    assert "The first one" not in archived
    assert (await scene.ada.get("/campaigns?status=LOST")).status_code == 422


async def test_a_list_without_anything_says_how_to_begin(scene: Scene) -> None:
    assert "Create your first campaign" in (await scene.ada.get("/campaigns")).text
    assert "Every session is in a campaign" in (await scene.ada.get("/sessions")).text


async def test_a_long_list_continues_on_the_next_page(scene: Scene) -> None:
    for number in range(62):
        await scene.campaign(f"Number {number:02}")
    first = await scene.ada.get("/campaigns")
    assert first.text.count('<li class="card">') == 60
    [more] = re.findall(r'href="(/campaigns\?after=[^"]+)"', first.text)
    second = await scene.ada.get(unescape(more))
    assert second.text.count('<li class="card">') == 2
    assert (await scene.ada.get("/campaigns?after=x")).status_code == 422


async def test_changes_are_saved_and_the_rest_stays(scene: Scene) -> None:
    campaign = await scene.campaign(
        description="As it was", tags=("a", "b"), treasury_gp="1.50", usual_start="19:30"
    )
    edit = f"/campaigns/{campaign.id}/edit"
    values = boxes(await scene.ada.get(edit)) | {"name": "Another name"}
    answer = await scene.ada.post(edit, data=values)
    assert answer.status_code == 303, answer.text
    changed = await get_campaign(scene.site.app, scene.person.id, campaign.id)
    assert changed.name == "Another name"
    assert changed.revision == campaign.revision + 1
    for name in ("description", "tags", "treasury_gp", "usual_start", "slug", "status", "settings"):
        assert getattr(changed, name) == getattr(campaign, name), name


async def test_an_emptied_field_is_emptied(scene: Scene) -> None:
    campaign = await scene.campaign(description="As it was", tags=("a",), started_on="2026-02-07")
    edit = f"/campaigns/{campaign.id}/edit"
    emptied = {"description": "", "tags": "", "started_on": ""}
    await scene.ada.post(edit, data=boxes(await scene.ada.get(edit)) | emptied)
    changed = await get_campaign(scene.site.app, scene.person.id, campaign.id)
    assert (changed.description, changed.tags, changed.started_on) == (None, (), None)


async def test_a_refused_change_keeps_what_was_typed_and_can_be_sent_again(scene: Scene) -> None:
    campaign = await scene.campaign(description="As it was")
    edit = f"/campaigns/{campaign.id}/edit"
    values = boxes(await scene.ada.get(edit)) | {"name": "", "description": "New"}
    refused = await scene.ada.post(edit, data=values)
    assert refused.status_code == 422
    again = boxes(refused)
    assert (again["name"], again["description"]) == ("", "New")
    assert (await scene.ada.post(edit, data=again | {"name": "One"})).status_code == 303


async def change(scene: Scene, campaign: Campaign, **fields: object) -> Campaign:
    """Change a campaign as another user would."""
    changes = CampaignChanges.model_validate({"expected_revision": campaign.revision, **fields})
    return await update_campaign(scene.site.app, scene.person.id, campaign.id, changes)


async def test_the_slower_user_sees_both_versions_and_chooses(scene: Scene) -> None:
    campaign = await scene.campaign(
        "As it was", description="As it was", started_on="2026-02-07", tags=("old",)
    )
    edit = f"/campaigns/{campaign.id}/edit"
    mine = boxes(await scene.ada.get(edit)) | {"name": "My name", "description": "My text"}
    await change(scene, campaign, name="Their name", tags=("theirs",))
    clash = await scene.ada.post(edit, data=mine)
    assert clash.status_code == 409
    assert "Edit conflict" in clash.text
    assert clash.text.count("you both changed it") == 1
    assert clash.text.count("only you changed it") == 1
    assert clash.text.count("only they changed it") == 1
    for text in ("My name", "Their name", "My text", "As it was", "theirs", "old"):
        assert text in clash.text
    settled = boxes(clash)
    assert "name" not in settled
    assert (settled["description"], settled["tags"]) == ("My text", "theirs")
    answer = await scene.ada.post(edit, data=settled | {"name": "Their name"})
    assert answer.status_code == 303
    final = await get_campaign(scene.site.app, scene.person.id, campaign.id)
    assert (final.name, final.description, final.tags) == ("Their name", "My text", ("theirs",))
    assert final.started_on == campaign.started_on


async def test_changes_that_do_not_touch_each_other_are_both_kept(scene: Scene) -> None:
    campaign = await scene.campaign("As it was", description="As it was")
    edit = f"/campaigns/{campaign.id}/edit"
    mine = boxes(await scene.ada.get(edit)) | {"description": "My text"}
    await change(scene, campaign, settings={"theirs": True})
    assert (await scene.ada.post(edit, data=mine)).status_code == 303
    final = await get_campaign(scene.site.app, scene.person.id, campaign.id)
    assert (final.description, final.settings) == ("My text", {"theirs": True})


async def test_a_choice_that_came_too_late_is_asked_for_again(scene: Scene) -> None:
    campaign = await scene.campaign("As it was")
    edit = f"/campaigns/{campaign.id}/edit"
    mine = boxes(await scene.ada.get(edit)) | {"name": "Mine"}
    theirs = await change(scene, campaign, name="Theirs")
    clash = boxes(await scene.ada.post(edit, data=mine)) | {"name": "Mine"}
    await change(scene, theirs, name="Theirs again")
    again = await scene.ada.post(edit, data=clash)
    assert again.status_code == 409
    assert "Theirs again" in again.text
    await scene.ada.post(edit, data=boxes(again) | {"name": "Mine"})
    final = await get_campaign(scene.site.app, scene.person.id, campaign.id)
    assert final.name == "Mine"


async def test_archiving_puts_away_and_brings_back(scene: Scene) -> None:
    campaign = await scene.campaign(status="ACTIVE")
    here = f"/campaigns/{campaign.id}"
    answer = await submit(scene.ada, here, {"expected_revision": "0"}, to=f"{here}/archive")
    assert answer.headers["location"] == here
    page = await scene.ada.get(here)
    assert "One: archived." in page.text
    assert "Unarchive" in page.text
    await submit(scene.ada, here, {"expected_revision": "1"}, to=f"{here}/unarchive")
    back = await get_campaign(scene.site.app, scene.person.id, campaign.id)
    assert (back.status, back.archived_at) == (CampaignStatus.ACTIVE, None)
    answer = await submit(scene.ada, here, {"expected_revision": "0"}, to=f"{here}/archive")
    assert answer.status_code == 303
    assert "The campaign was changed in the meantime" in (await scene.ada.get(here)).text


async def test_deleting_asks_first_and_leaves_the_sessions(scene: Scene) -> None:
    campaign = await scene.campaign("Short story")
    new = NewSession(name="Low tide", campaign_id=campaign.id)
    await create_session(scene.site.app, scene.person.id, new)
    here = f"/campaigns/{campaign.id}"
    asked = await scene.ada.get(f"{here}/delete")
    assert "Delete this campaign?" in asked.text
    assert "1 session" in asked.text
    assert (await scene.ada.get(here)).status_code == 200
    answer = await submit(scene.ada, f"{here}/delete")
    assert answer.headers["location"] == "/campaigns"
    assert (await scene.ada.get(here)).status_code == 404
    assert "Low tide" in (await scene.ada.get("/sessions")).text


async def test_a_seat_is_given_by_table_code_and_taken_away(scene: Scene) -> None:
    campaign = await scene.campaign()
    here = f"/campaigns/{campaign.id}"
    async with scene.site.browser() as browser:
        bo = await sign_up(scene.site, browser, "bo@example.org")
        assert bo.id in (await browser.get("/profile")).text
    typed = {"user_id": f" {bo.id} ", "role": "GM", "nickname": "Bo the Bold"}
    answer = await submit(scene.ada, here, typed, to=f"{here}/members")
    assert answer.headers["location"] == f"{here}#members"
    page = await scene.ada.get(here)
    assert "Bo the Bold" in page.text
    assert "Game master" in page.text
    assert "bo@example.org" not in page.text
    again = await submit(scene.ada, here, typed, to=f"{here}/members")
    assert again.status_code == 422
    assert "a member already" in again.text.lower()
    await submit(scene.ada, here, to=f"{here}/members/{bo.id}/remove")
    assert "Bo the Bold" not in (await scene.ada.get(here)).text
    gone = await submit(scene.ada, here, to=f"{here}/members/{bo.id}/remove")
    assert gone.status_code == 404


async def test_an_unknown_code_is_reported_beside_the_field(scene: Scene) -> None:
    campaign = await scene.campaign()
    here = f"/campaigns/{campaign.id}"
    for code in ("nobody", "", "x\0"):
        answer = await submit(scene.ada, here, {"user_id": code}, to=f"{here}/members")
        assert answer.status_code == 422
        assert 'id="user_id-problem"' in answer.text


async def test_characters_enter_and_leave_the_story(scene: Scene) -> None:
    campaign = await scene.campaign()
    here = f"/campaigns/{campaign.id}"
    typed = {"name": "Ireena", "played_by": "Žofie"}
    assert (await submit(scene.ada, here, typed, to=f"{here}/characters")).status_code == 303
    page = await scene.ada.get(here)
    assert "played by Žofie" in page.text
    again = await submit(scene.ada, here, typed, to=f"{here}/characters")
    assert again.status_code == 422
    assert "used by another character" in again.text.lower()
    [row] = await scene.site.sql("SELECT id FROM characters")
    await submit(scene.ada, here, to=f"{here}/characters/{row['id']}/remove")
    assert await scene.site.sql("SELECT 1 FROM characters") == []


async def test_a_character_of_another_campaign_stays(scene: Scene) -> None:
    one, two = await scene.campaign("One"), await scene.campaign("Two")
    hero = await add_character(scene.site.app, scene.person.id, one.id, NewCharacter(name="Ireena"))
    here = f"/campaigns/{two.id}"
    answer = await submit(scene.ada, here, to=f"{here}/characters/{hero.id}/remove")
    assert answer.status_code == 404


async def test_list_and_page_take_few_statements(scene: Scene) -> None:
    campaign = await scene.campaign()
    for number in range(3):
        new = NewSession(name=f"Evening {number}", campaign_id=campaign.id)
        await create_session(scene.site.app, scene.person.id, new)
        hero = NewCharacter(name=f"Hero {number}")
        await add_character(scene.site.app, scene.person.id, campaign.id, hero)
    for path in ("/campaigns", f"/campaigns/{campaign.id}", "/sessions"):
        with scene.site.statements() as seen:
            assert (await scene.ada.get(path)).status_code == 200
        assert 0 < len(seen) <= STATEMENTS_MAX, (path, seen)
        assert not any("transcript_text" in statement for statement in seen)
