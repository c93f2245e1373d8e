"""One's own profile: name, password, tokens, a copy of everything, and leaving."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import httpx
import pytest

from campaigns.actions import (
    add_character,
    add_member,
    create_campaign,
    create_session,
    create_token,
    save_transcript,
)
from campaigns.inputs import (
    NewApiToken,
    NewCampaign,
    NewCharacter,
    NewMember,
    NewSession,
    TranscriptChanges,
)
from crossfade.web.security import Rate
from support.engines.values import Database
from support.site import PASSWORD, Person, TestedSite, open_site, sign_up, submit

NEW_PASSWORD = "another lamp entirely"
TOKEN_TEXT = re.compile(r"campaigns_[A-Za-z0-9_-]{40,}")


@dataclass(frozen=True)
class Scene:
    """A site with Ada, signed in."""

    site: TestedSite
    ada: httpx.AsyncClient
    person: Person


@pytest.fixture
async def scene(site: TestedSite) -> AsyncIterator[Scene]:
    async with site.browser() as ada:
        yield Scene(site, ada, await sign_up(site, ada))


async def own_something(scene: Scene) -> tuple[str, str]:
    """Give Ada a campaign with people and a session with a transcript; return their ids."""
    app, owner = scene.site.app, scene.person.id
    campaign = await create_campaign(
        app, owner, NewCampaign(name="Salt", treasury_gp=Decimal("1.50"), settings={"dice": 10**30})
    )
    await add_member(app, owner, campaign.id, NewMember(user_id=owner))
    await add_character(app, owner, campaign.id, NewCharacter(name="Ireena"))
    new = NewSession(name="Low tide", campaign_id=campaign.id, audio_sha256=b"\x07" * 32)
    session = await create_session(app, owner, new)
    changes = TranscriptChanges(
        expected_revision=0,
        text="GM: hello",
        document='{"turns": [{"t": 1.50, "speaker": "GM", "text": "hello"}]}',
    )
    await save_transcript(app, owner, session.id, changes)
    await create_token(app, owner, NewApiToken(name="backup"))
    return campaign.id, session.id


async def test_name_and_time_zone_are_saved_and_used(scene: Scene) -> None:
    typed = {"name": "Ada L.", "time_zone": "Asia/Tokyo"}
    answer = await submit(scene.ada, "/profile", typed)
    assert answer.headers["location"] == "/profile"
    page = await scene.ada.get("/profile")
    assert "Saved." in page.text
    assert 'value="Ada L."' in page.text
    assert '<option value="Asia/Tokyo" selected>' in page.text
    assert scene.site.pushes.seen == [("user", scene.person.id)]
    utc = await submit(scene.ada, "/profile", {**typed, "time_zone": "UTC"})
    assert utc.status_code == 303
    assert (await scene.ada.get("/profile")).text != page.text


@pytest.mark.parametrize(
    ("field", "value"), [("name", "x" * 2000), ("time_zone", "Mars/Base"), ("time_zone", "")]
)
async def test_what_a_profile_cannot_hold_is_said(scene: Scene, field: str, value: str) -> None:
    typed = {"name": "Ada", "time_zone": "UTC", field: value}
    answer = await submit(scene.ada, "/profile", typed)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text


async def test_another_password_signs_out_every_other_browser(scene: Scene) -> None:
    account = {"email": scene.person.email, "password": PASSWORD}
    async with scene.site.browser() as other:
        await submit(other, "/sign-in", account)
        assert (await other.get("/profile")).status_code == 200
        typed = {"current": PASSWORD, "password": NEW_PASSWORD}
        answer = await submit(scene.ada, "/profile/password", typed)
        assert answer.headers["location"] == "/profile"
        assert (await scene.ada.get("/profile")).status_code == 200
        assert (await other.get("/profile")).status_code == 303
        assert (await submit(other, "/sign-in", account)).status_code == 422
        account["password"] = NEW_PASSWORD
        assert (await submit(other, "/sign-in", account)).status_code == 303


async def test_a_password_is_changed_only_with_the_current_one(scene: Scene) -> None:
    for current, new, field in (
        ("wrong", NEW_PASSWORD, "current"),
        ("", NEW_PASSWORD, "current"),
        (PASSWORD, "short", "password"),
    ):
        typed = {"current": current, "password": new}
        answer = await submit(scene.ada, "/profile/password", typed)
        assert answer.status_code == 422
        assert f'id="{field}-problem"' in answer.text
        assert NEW_PASSWORD not in answer.text
    account = {"email": scene.person.email, "password": PASSWORD}
    assert (await submit(scene.ada, "/sign-in", account)).status_code == 303


async def test_guessing_the_password_from_inside_is_limited_too(migrated: Database) -> None:
    async with (
        open_site(migrated, account_rate=Rate(3, 600)) as site,
        site.browser() as ada,
    ):
        await sign_up(site, ada)
        typed = {"current": "wrong", "password": NEW_PASSWORD}
        codes = [(await submit(ada, "/profile/password", typed)).status_code for _ in range(4)]
    assert codes == [422, 422, 422, 429]


async def test_a_token_is_shown_once_and_works_until_it_is_revoked(scene: Scene) -> None:
    made = await submit(scene.ada, "/profile/tokens", {"name": "backup", "days": "30"})
    assert made.status_code == 200
    [text] = set(TOKEN_TEXT.findall(made.text))
    assert "not shown again" in made.text
    page = await scene.ada.get("/profile/tokens")
    assert "backup" in page.text
    assert text not in page.text
    assert "never used" in page.text
    bearer = {"authorization": f"Bearer {text}"}
    assert (await scene.ada.get("/api/v1/campaigns", headers=bearer)).status_code == 200
    assert "never used" not in (await scene.ada.get("/profile/tokens")).text
    [row] = await scene.site.sql("SELECT * FROM api_tokens")
    assert text not in str(row)
    assert (row["expires_at"] - row["created_at"]).days in {29, 30}
    revoke = f"/profile/tokens/{row['id']}/revoke"
    await submit(scene.ada, "/profile/tokens", to=revoke)
    assert (await scene.ada.get("/api/v1/campaigns", headers=bearer)).status_code == 401
    assert (await submit(scene.ada, "/profile/tokens", to=revoke)).status_code == 404


async def test_a_token_needs_a_name_and_an_offered_end(scene: Scene) -> None:
    answer = await submit(scene.ada, "/profile/tokens", {"name": "", "days": ""})
    assert answer.status_code == 422
    assert 'id="name-problem"' in answer.text
    assert await scene.site.sql("SELECT 1 FROM api_tokens") == []
    await submit(scene.ada, "/profile/tokens", {"name": "a", "days": "99999999999"})
    await submit(scene.ada, "/profile/tokens", {"name": "b", "days": ""})
    rows = await scene.site.sql(
        "SELECT expires_at - created_at AS age FROM api_tokens ORDER BY name"
    )
    assert [row["age"] and row["age"].days for row in rows] in ([29, None], [30, None])


async def test_the_copy_holds_everything_and_no_secret(scene: Scene) -> None:
    campaign_id, session_id = await own_something(scene)
    answer = await scene.ada.get("/profile/export")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment;")
    records = json.loads(answer.text)
    kinds = [record["kind"] for record in records]
    assert kinds == [
        "user",
        "apitoken",
        "campaign",
        "seat",
        "character",
        "session",
        "transcript",
    ]
    by_kind = dict(zip(kinds, records, strict=True))
    assert by_kind["user"]["email"] == scene.person.email
    assert (by_kind["campaign"]["id"], by_kind["campaign"]["treasury_gp"]) == (campaign_id, "1.50")
    assert by_kind["session"]["id"] == session_id
    assert by_kind["session"]["audio_sha256"] == "07" * 32
    assert by_kind["transcript"]["text"] == "GM: hello"
    assert '"t": 1.50' in by_kind["transcript"]["document"]
    assert by_kind["campaign"]["settings"] == {"dice": 10**30}
    assert by_kind["user"]["created_at"].endswith("+00:00")
    [row] = await scene.site.sql("SELECT password_hash FROM users")
    for secret in ("password", "recovery", row["password_hash"].decode(), "digest"):
        assert secret not in answer.text


async def test_the_copy_holds_only_what_the_user_owns(scene: Scene) -> None:
    await own_something(scene)
    async with scene.site.browser() as eve:
        await sign_up(scene.site, eve, "eve@example.org")
        records = (await eve.get("/profile/export")).json()
    assert [record["kind"] for record in records] == ["user"]


async def test_the_copy_covers_long_lists(scene: Scene) -> None:
    for number in range(51):
        new = NewSession(name=f"Evening {number}")
        await create_session(scene.site.app, scene.person.id, new)
    records = (await scene.ada.get("/profile/export")).json()
    names = {record["name"] for record in records if record["kind"] == "session"}
    assert len(names) == 51


async def test_leaving_takes_everything_along(scene: Scene) -> None:
    campaign_id, session_id = await own_something(scene)
    async with scene.site.browser() as browser:
        bo = await sign_up(scene.site, browser, "bo@example.org")
        theirs = await create_campaign(scene.site.app, bo.id, NewCampaign(name="Bo's"))
        seat = NewMember(user_id=scene.person.id)
        await add_member(scene.site.app, bo.id, theirs.id, seat)
    scene.site.pushes.seen.clear()
    typed = {"email": scene.person.email.upper(), "current": PASSWORD}
    answer = await submit(scene.ada, "/profile/delete", typed)
    assert answer.headers["location"] == "/"
    assert (await scene.ada.get("/campaigns")).status_code == 303
    counts = {
        table: len(await scene.site.sql(f"SELECT 1 FROM {table}"))
        for table in ("users", "campaigns", "sessions", "campaign_members", "characters")
    }
    assert counts == {
        "users": 1,
        "campaigns": 1,
        "sessions": 0,
        "campaign_members": 0,
        "characters": 0,
    }
    assert await scene.site.sql("SELECT 1 FROM api_tokens") == []
    assert scene.site.pushes.seen == [
        ("session", session_id),
        ("campaign", campaign_id),
        ("user", scene.person.id),
    ]


@pytest.mark.parametrize(
    ("email", "current", "field"),
    [
        ("ada@example.org", "wrong", "current"),
        ("bo@example.org", PASSWORD, "email"),
        ("", PASSWORD, "email"),
        ("ada@example.org", "", "current"),
    ],
)
async def test_leaving_is_confirmed_by_address_and_password(
    scene: Scene, email: str, current: str, field: str
) -> None:
    answer = await submit(scene.ada, "/profile/delete", {"email": email, "current": current})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert len(await scene.site.sql("SELECT 1 FROM users")) == 1
