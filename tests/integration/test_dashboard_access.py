"""Access to the dashboard: tokens, cookies, forms, headers, and where it refuses to start."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from pydantic import SecretStr

from campaigns.mapping import APPLICATION
from crossfade.errors import ConfigurationError
from crossfade.settings import Settings
from crossfade.web.dashboard import Address, create_dashboard, serve_dashboard
from support.dashboard import REVEAL_TOKEN, TOKEN, guarded, open_dashboard
from support.engines.values import Database
from support.site import submit

NEEDED_HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "x-frame-options",
}


@pytest.fixture
def settings(migrated: Database) -> Settings:
    """Settings of a dashboard on a database on which nothing is installed yet."""
    return Settings(database_url=SecretStr(migrated.dsn))


async def signed_in(
    browser: httpx.AsyncClient, token: str = TOKEN, **fields: str
) -> httpx.Response:
    return await submit(browser, "/sign-in", {"name": "Ada", "token": token, **fields})


async def test_a_client_without_a_session_is_asked_to_sign_in(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        answer = await browser.get("/?a=1")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/sign-in?next_page=%2F%3Fa%3D1",
        )
        for path in ("/overview/live", "/metrics"):
            answer = await browser.get(path, headers={"accept": "text/event-stream"})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_the_token_signs_in_and_leads_on(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        answer = await signed_in(browser, next_page="/metrics")
        assert (answer.status_code, answer.headers["location"]) == (303, "/metrics")
        # Nothing is installed: the token was accepted, and the page says what is missing.
        answer = await browser.get("/")
        assert answer.status_code == 503
        assert "crossfade install" in answer.text
        assert "Ada" in answer.text
        answer = await submit(browser, "/", to="/sign-out")
        assert answer.headers["location"] == "/sign-in"
        assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", TOKEN.upper(), TOKEN + " ", "ä" * 20])
async def test_another_token_does_not(settings: Settings, token: str) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        answer = await signed_in(browser, token)
        assert answer.status_code == 422
        assert "This token is wrong" in answer.text
        assert "set-cookie" not in answer.headers
        assert (await browser.get("/")).status_code == 303


async def test_a_name_is_asked_for_and_shown_as_text(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        assert (await signed_in(browser, name=" ")).status_code == 422
        assert (await signed_in(browser, name="x" * 61)).status_code == 400
        script = "<script>alert(1)</script>"
        assert (await signed_in(browser, name=script)).status_code == 303
        page = await browser.get("/")
        assert script not in page.text
        assert "&lt;script&gt;" in page.text


async def test_an_address_may_try_a_few_times(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        codes = [(await signed_in(browser, "wrong")).status_code for _ in range(6)]
        assert codes == [422] * 5 + [429]
        assert (await signed_in(browser)).status_code == 429


async def test_the_cookie_is_out_of_reach(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        answer = await signed_in(browser)
        (cookie,) = [
            one for one in answer.headers.get_list("set-cookie") if one.startswith("cf_operator=")
        ]
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert TOKEN not in cookie
        forged = re.sub(r"=[^.]+", "=WyI5OTk5OTk5OTk5IiwgWyJFdmUiLCB0cnVlXV0", cookie.split(";")[0])
        async with dashboard.browser(headers={"cookie": forged}) as other:
            assert (await other.get("/")).status_code == 303


async def test_over_https_cookies_are_bound_to_it(settings: Settings) -> None:
    served = guarded(settings).model_copy(update={"dashboard_https": True})
    async with open_dashboard(served) as dashboard, dashboard.browser() as browser:
        page = await browser.get("/sign-in")
        assert page.headers["strict-transport-security"].startswith("max-age=")
        assert page.headers["set-cookie"].startswith("__Host-cf_visit=")
        assert "Secure" in page.headers["set-cookie"]


async def test_a_new_token_signs_everybody_out(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        await signed_in(browser)
        cookies = dict(browser.cookies)
    async with open_dashboard(guarded(settings)) as same, same.browser(cookies=cookies) as browser:
        assert (await browser.get("/")).status_code == 503
    changed = guarded(settings).model_copy(
        update={"operator_token": SecretStr("another token of the operators")}
    )
    async with open_dashboard(changed) as other, other.browser(cookies=cookies) as browser:
        assert (await browser.get("/")).status_code == 303


async def test_the_reveal_token_is_distinguished(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard:
        for token, is_shown in ((TOKEN, False), (REVEAL_TOKEN, True)):
            async with dashboard.browser() as browser:
                await signed_in(browser, token)
                assert ("may reveal" in (await browser.get("/")).text) is is_shown


async def test_forms_of_other_sites_are_refused(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        values = {"name": "Ada", "token": TOKEN}
        assert (await browser.post("/sign-in", data=values)).status_code == 403
        answer = await submit(browser, "/sign-in", values, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
        await signed_in(browser)
        assert (await browser.post("/sign-out")).status_code == 403


@pytest.mark.parametrize("leads_to", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_signing_in_leads_to_this_site_only(settings: Settings, leads_to: str) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        answer = await signed_in(browser, next_page=leads_to)
        assert answer.headers["location"] == "/"


async def test_programs_send_the_token(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        for token, code in ((TOKEN, 503), (REVEAL_TOKEN, 503), ("wrong", 401)):
            answer = await browser.get(
                "/metrics", headers={"authorization": f"Bearer {token}", "accept": "*/*"}
            )
            assert answer.status_code == code


async def test_every_answer_carries_the_headers(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        style = re.search(r"/static/dashboard\.\w+\.css", (await browser.get("/sign-in")).text)
        assert style is not None
        for path in ("/", "/sign-in", "/nowhere", "/healthz", "/readyz", style.group()):
            answer = await browser.get(path)
            assert answer.headers.keys() >= NEEDED_HEADERS
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
            assert "server" not in answer.headers
            assert not re.search(r"\sstyle=|<style|<script>|\son\w+=", answer.text)


async def test_a_large_body_is_not_read(settings: Settings) -> None:
    async with open_dashboard(guarded(settings)) as dashboard, dashboard.browser() as browser:
        answer = await submit(browser, "/sign-in", {"name": "x" * 70_000, "token": TOKEN})
        assert answer.status_code == 413


async def test_an_open_dashboard_answers_to_its_own_names_only(settings: Settings) -> None:
    """A name of another site that leads to 127.0.0.1 opens nothing."""
    async with open_dashboard(settings) as dashboard, dashboard.browser() as browser:
        assert (await browser.get("/sign-in")).status_code == 200
        answer = await browser.get("/sign-in", headers={"host": "evil.example"})
        assert answer.status_code == 400
        assert answer.headers.keys() >= NEEDED_HEADERS


async def test_an_open_dashboard_is_not_shown_to_other_machines(settings: Settings) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.7", "example.org", ""):  # noqa: S104 - refused
        async with asyncio.timeout(30):
            with pytest.raises(ConfigurationError, match="CROSSFADE_OPERATOR_TOKEN"):
                await serve_dashboard(settings, APPLICATION, Address(host), print)


async def test_an_unavailable_address_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot listen on 192\.0\.2\.7"):
        await serve_dashboard(guarded(settings), APPLICATION, Address("192.0.2.7"), print)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ({"operator_token": "short"}, "operator_token: has fewer than 16"),
        ({"reveal_token": "short"}, "reveal_token: has fewer than 16"),
        ({"operator_token": TOKEN, "reveal_token": TOKEN}, "choose another one"),
    ],
)
def test_invalid_tokens_are_refused(
    settings: Settings, tokens: dict[str, str], message: str
) -> None:
    secrets = {name: SecretStr(token) for name, token in tokens.items()}
    with pytest.raises(ConfigurationError, match=message) as caught:
        create_dashboard(settings.model_copy(update=secrets), APPLICATION)
    assert not any(token in str(caught.value) for token in tokens.values())
