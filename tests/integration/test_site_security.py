"""Every page and form at once: strangers, forged forms, script in fields, headers, failures."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from campaigns.actions import (
    add_character,
    add_member,
    create_campaign,
    create_session,
    create_token,
)
from campaigns.app import open_app
from campaigns.inputs import NewApiToken, NewCampaign, NewCharacter, NewMember, NewSession
from campaigns.web.options import SiteOptions
from campaigns.web.pages import ROUTERS
from campaigns.web.site import create_site
from crossfade.web.security import TOKEN_FIELD
from support.engines.values import Database
from support.site import ORIGIN, TestedSite, open_site, sign_up, submit, token_of

SCRIPT = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"
OPEN_TO_ALL = {"/", "/sign-in", "/sign-up", "/sign-out", "/s/{token}"}
NO_IDS = {"position": "0", "ending": "md"}
# Fields of every form, so that a form refuses nothing except what belongs to another user.
FILLED = {
    "expected_revision": "0",
    "name": "forged",
    "user_id": "forged",
    "text": "GM: forged",
    "speaker": "GM",
    "expected": "0" * 16,
    "days": "7",
    "is_starred": "on",
}
SCRIPTED: list[tuple[str, str, dict[str, str]]] = [
    ("/profile", "", {"name": SCRIPT, "time_zone": "UTC"}),
    ("/profile/tokens", "", {"name": SCRIPT}),
    (
        "/campaigns/new",
        "",
        {"name": SCRIPT, "description": SCRIPT, "tags": SCRIPT, "player_names": SCRIPT},
    ),
    (
        "/campaigns/{campaign_id}/edit",
        "",
        {
            "name": SCRIPT,
            "slug": "hers",
            "description": SCRIPT,
            "tags": SCRIPT,
            "player_names": SCRIPT,
            "expected_revision": "0",
        },
    ),
    (
        "/campaigns/{campaign_id}",
        "/campaigns/{campaign_id}/characters",
        {"name": SCRIPT, "played_by": SCRIPT},
    ),
    ("/campaigns/new", "", dict.fromkeys(("name", "slug", "party_level", "status"), SCRIPT)),
    (
        "/campaigns/{campaign_id}",
        "/campaigns/{campaign_id}/members",
        dict.fromkeys(("user_id", "nickname", "role"), SCRIPT),
    ),
    ("/sign-up", "", {"name": SCRIPT, "email": SCRIPT, "password": SCRIPT}),
    ("/sign-in", "", {"email": SCRIPT, "password": SCRIPT, "next": SCRIPT}),
    ("/profile/delete", "", {"email": SCRIPT, "current": SCRIPT}),
]
"""Pages with a form, where it goes if elsewhere, and what is typed into it."""


def routes() -> Iterator[tuple[str, str]]:
    """Every page and form, as method and path."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, Route)
            for method in sorted(route.methods or ()):
                yield method, route.path


ROUTES = sorted(set(routes()))
FORMS = [(method, path) for method, path in ROUTES if method not in {"GET", "HEAD"}]
OF_SOMETHING = [(method, path) for method, path in ROUTES if "{" in path]


@dataclass(frozen=True)
class Owned:
    """Ada's things, by the names of the routes' parameters, and what strangers may see of them."""

    ids: dict[str, str]

    def at(self, path: str) -> str:
        """Return a path with Ada's ids in it."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: self.ids[found[1]], path)


@dataclass(frozen=True)
class Scene:
    """A site with Ada, who owns one of everything, and Eve, who owns nothing."""

    site: TestedSite
    owned: Owned
    ada: httpx.AsyncClient
    eve: httpx.AsyncClient


@pytest.fixture
async def scene(site: TestedSite) -> AsyncIterator[Scene]:
    async with site.browser() as ada, site.browser() as eve:
        owner = await sign_up(site, ada)
        stranger = await sign_up(site, eve, "eve@example.org")
        yield Scene(site, await own_everything(site, owner.id, stranger.id), ada, eve)


async def own_everything(site: TestedSite, owner: str, stranger: str) -> Owned:
    app = site.app
    campaign = await create_campaign(app, owner, NewCampaign(name="Hers alone"))
    character = await add_character(app, owner, campaign.id, NewCharacter(name="Ireena"))
    await add_member(app, owner, campaign.id, NewMember(user_id=stranger))
    session = await create_session(app, owner, NewSession(name="Hers", campaign_id=campaign.id))
    made = await create_token(app, owner, NewApiToken(name="backup"))
    ids = {
        "campaign_id": campaign.id,
        "character_id": str(character.id),
        "member_id": stranger,
        "session_id": session.id,
        "token_id": made.token.id,
        "token": session.share_token,
    }
    return Owned(ids | NO_IDS)


async def rows(site: TestedSite) -> list[Any]:
    """Return everything that Ada owns."""
    return [
        await site.sql(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("campaigns", "sessions", "campaign_members", "characters", "api_tokens")
    ]


async def test_what_belongs_to_another_user_is_not_found(scene: Scene) -> None:
    """By every route and method with an id in it; and nothing is changed."""
    before = await rows(scene.site)
    token = token_of(await scene.eve.get("/profile"))
    for method, path in OF_SOMETHING:
        address = scene.owned.at(path)
        answer = await scene.eve.request(method, address, data={TOKEN_FIELD: token, **FILLED})
        assert answer.status_code == 404, (method, path)
        assert "Hers" not in answer.text
        assert "Ireena" not in answer.text
    assert await rows(scene.site) == before


@pytest.mark.parametrize("wrong", ["x", "%00", "00000000-0000-0000-0000-000000000000", "9" * 30])
async def test_an_invalid_id_is_not_found(scene: Scene, wrong: str) -> None:
    nothing = Owned(dict.fromkeys(scene.owned.ids, wrong) | NO_IDS)
    token = token_of(await scene.ada.get("/profile"))
    for method, path in OF_SOMETHING:
        data = {TOKEN_FIELD: token, **FILLED}
        answer = await scene.ada.request(method, nothing.at(path), data=data)
        assert answer.status_code == 404, (method, path)


async def test_a_user_who_is_not_signed_in_is_sent_to_the_sign_in(scene: Scene) -> None:
    async with scene.site.browser() as nobody:
        token = token_of(await nobody.get("/sign-in"))
        for method, path in ROUTES:
            if path in OPEN_TO_ALL:
                continue
            answer = await nobody.request(method, scene.owned.at(path), data={TOKEN_FIELD: token})
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in"), (method, path)


async def test_a_form_without_its_token_is_refused(scene: Scene) -> None:
    before = await rows(scene.site)
    others = token_of(await scene.eve.get("/profile"))
    for method, path in FORMS:
        for token in ("", "0" * 64, others):
            data = {TOKEN_FIELD: token, "name": "forged"}
            answer = await scene.ada.request(method, scene.owned.at(path), data=data)
            assert answer.status_code == 403, (method, path)
            assert "Not accepted" in answer.text
    assert await rows(scene.site) == before


def test_every_change_is_a_form() -> None:
    """No page changes anything when it is read, so every unsafe route asks for a token."""
    assert {method for method, _ in ROUTES} <= {"GET", "HEAD", "POST"}
    assert len(FORMS) > 10
    assert len(OF_SOMETHING) > 20


async def test_script_in_every_field_is_text(scene: Scene) -> None:
    """Stored through each form, then read on every page that shows it."""
    ada, at = scene.ada, scene.owned.at
    seen: list[httpx.Response] = []
    for address, to, values in SCRIPTED:
        answer = await submit(ada, at(address), values, to=at(to))
        assert answer.status_code in {200, 303, 422}, (address, answer.status_code)
        seen.append(answer)
    campaign = at("/campaigns/{campaign_id}")
    paths = ["/campaigns", "/profile", "/profile/tokens", "/sessions", campaign]
    paths += [f"{campaign}/edit", f"{campaign}/delete", f"/{SCRIPT}"]
    seen.extend([await ada.get(path) for path in paths])
    seen.append(await ada.get("/sign-in", params={"next": f"/{SCRIPT}"}))
    seen.append(await ada.get("/campaigns", params={"status": SCRIPT, "after": SCRIPT}))
    for answer in seen:
        assert "<script>alert" not in answer.text, answer.request.url
        assert "<img src=x" not in answer.text, answer.request.url
        assert "onerror=alert(1)>" not in answer.text.replace("onerror=alert(1)&gt;", "")
    assert sum("&lt;script&gt;" in answer.text for answer in seen) > 10


async def test_a_conflict_shows_script_as_text_too(scene: Scene) -> None:
    edit = scene.owned.at("/campaigns/{campaign_id}/edit")
    await submit(scene.ada, edit, {"name": "One", "expected_revision": "0"})
    values = {"name": SCRIPT, "description": SCRIPT, "expected_revision": "0"}
    answer = await submit(scene.ada, edit, values)
    assert answer.status_code == 409
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


async def test_pages_files_and_failures_have_the_headers(scene: Scene) -> None:
    page = await scene.ada.get("/profile")
    asset = re.search(r'href="(/static/site\.\w+\.css)"', page.text)
    assert asset is not None
    answers = [
        page,
        await scene.ada.get(asset[1]),
        await scene.ada.get("/nowhere"),
        await scene.ada.get("/campaigns/x"),
        await scene.ada.delete("/profile"),
        await scene.ada.post("/profile"),
        await scene.ada.get("/profile/export"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 405, 403, 200]
    assert "Sign out" in answers[2].text
    for answer in answers:
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    assert "immutable" in answers[1].headers["cache-control"]
    assert page.headers["cache-control"] == "no-store"


async def test_pages_have_no_inline_script_or_style(scene: Scene) -> None:
    """The policy would block it."""
    for method, path in ROUTES:
        if method == "GET" and "export" not in path:
            text = (await scene.ada.get(scene.owned.at(path))).text
            assert not re.search(r"<script(?![^>]* src=)", text), path
            assert "<style" not in text, path
            assert not re.search(r'<[^>]+ (style|on\w+)="', text), path


async def test_too_large_a_form_is_refused(migrated: Database) -> None:
    async with open_site(migrated, form_bytes_max=2000) as site, site.browser() as ada:
        await sign_up(site, ada)
        answer = await submit(ada, "/campaigns/new", {"name": "x", "description": "x" * 2000})
        assert answer.status_code == 413
        assert "2,000 bytes" in answer.text
        token = token_of(await ada.get("/campaigns/new"))
        answer = await ada.post(
            "/campaigns/new",
            data={TOKEN_FIELD: token},
            headers={"content-encoding": "gzip"},
        )
        assert answer.status_code == 415
    async with open_site(migrated) as site, site.browser() as ada:
        answer = await submit(ada, "/sign-in", {f"field{n}": "x" for n in range(300)})
        assert answer.status_code == 400


async def test_without_a_database_pages_say_when_to_come_back() -> None:
    async with open_app("postgresql://nobody@127.0.0.1:1/nothing") as app:
        options = SiteOptions(secret="of the tests", public_url=ORIGIN)
        transport = httpx.ASGITransport(create_site(app, options))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
            assert (await browser.get("/")).status_code == 200
            account = {"email": "ada@example.org", "password": "a lamp at the rock"}
            answer = await submit(browser, "/sign-in", account)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "127.0.0.1" not in answer.text


async def test_an_unforeseen_error_has_a_page_without_its_reason(site: TestedSite) -> None:
    async with site.browser(raises=False) as ada:
        await sign_up(site, ada)
        await site.sql("ALTER TABLE campaigns RENAME COLUMN slug TO slog")
        answer = await ada.get("/campaigns/00000000-0000-0000-0000-000000000000/edit")
    assert answer.status_code == 500
    assert "The error was logged" in answer.text
    assert "slug" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
