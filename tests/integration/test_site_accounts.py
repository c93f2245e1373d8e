"""Signing up, in and out; what a stranger learns about accounts: nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from campaigns.web.options import SiteOptions
from campaigns.web.pages.accounts import READY
from crossfade.web.security import Rate
from support.engines.values import Database
from support.site import PASSWORD, TestedSite, open_site, sign_up, submit

FEW = Rate(attempts_max=3, seconds=600)


def without_token(page: httpx.Response) -> str:
    """Return a page without what is different each time."""
    return "\n".join(line for line in page.text.splitlines() if "csrf_token" not in line)


async def sign_in(browser: httpx.AsyncClient, email: str, password: str = PASSWORD) -> Any:
    return await submit(browser, "/sign-in", {"email": email, "password": password})


async def test_who_signed_up_and_in_sees_the_campaigns(site: TestedSite) -> None:
    async with site.browser() as ada:
        assert "Sign up" in (await ada.get("/")).text
        person = await sign_up(site, ada)
        page = await ada.get("/campaigns")
        assert page.status_code == 200
        assert "Campaigns" in page.text
        assert (await ada.get("/")).headers["location"] == "/campaigns"
        [row] = await site.sql("SELECT * FROM users WHERE id = %s", person.id)
        assert row["last_login_at"] is not None
        assert PASSWORD.encode() not in row["password_hash"]
        assert row["password_hash"].startswith(b"$argon2id$")


async def test_signing_in_is_pushed_like_every_change(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        await submit(ada, "/campaigns/new", {}, to="/sign-out")
        site.pushes.seen.clear()
        await sign_in(ada, person.email)
        assert site.pushes.seen == [("user", person.id)]


async def test_signing_out_ends_the_visit_of_this_browser(site: TestedSite) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        answer = await submit(ada, "/campaigns", to="/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await ada.get("/campaigns")).status_code == 303
        assert "You are signed out." in (await ada.get("/")).text
        assert "You are signed out." not in (await ada.get("/")).text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "not the password"),
        ("nobody@example.org", PASSWORD),
        ("ada@example.org", ""),
        ("", ""),
        ("ada@example.org", "x" * 100_000),
        ("ada\0@example.org", PASSWORD),
        ("ada@example.org", f"{PASSWORD}\0"),
    ],
)
async def test_an_unknown_address_and_a_wrong_password_have_the_same_answer(
    site: TestedSite, email: str, password: str
) -> None:
    async with site.browser() as ada, site.browser() as eve:
        await sign_up(site, ada)
        answer = await sign_in(eve, email, password)
        assert answer.status_code == 422
        assert "The address or the password is wrong." in answer.text
        assert password not in answer.text or not password
        assert "signed_in" not in answer.headers.get("set-cookie", "")
        reference = await sign_in(eve, email, "another wrong password")
        assert without_token(answer) == without_token(reference)


async def test_an_unknown_address_costs_a_comparison_as_well(site: TestedSite) -> None:
    """One hash is compared for either, which is what takes the time."""
    passwords = site.site.state.context.passwords
    hashes = passwords._hashes
    compared = []

    class Counting:
        def verify(self, password: str, kept: str) -> bool:
            compared.append(kept)
            return bool(hashes.verify(password, kept))

    async with site.browser() as ada:
        await sign_up(site, ada)
        passwords._hashes = Counting()
        await sign_in(ada, "ada@example.org", "wrong")
        await sign_in(ada, "nobody@example.org", "wrong")
    assert len(compared) == 2
    parameters = {kept.rsplit("$", 2)[0] for kept in compared}
    assert len(parameters) == 1


async def test_a_taken_address_is_answered_like_a_free_one(site: TestedSite) -> None:
    async with site.browser() as ada, site.browser() as eve:
        person = await sign_up(site, ada)
        taken = {"name": "Eve", "email": "ADA@example.org", "password": "the words of eve"}
        free = {**taken, "email": "eve@example.org"}
        answers = []
        for account in (taken, free):
            answer = await submit(eve, "/sign-up", account)
            page = await eve.get(answer.headers["location"])
            assert READY in page.text
            answers.append((answer.status_code, answer.text, without_token(page)))
        assert answers[0] == answers[1]
        assert (await sign_in(eve, person.email, "the words of eve")).status_code == 422
        assert (await sign_in(eve, person.email)).status_code == 303
        [row] = await site.sql("SELECT name FROM users WHERE id = %s", person.id)
        assert row["name"] == "Ada"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", ""),
        ("email", "a\0@example.org"),
        ("password", "short"),
        ("password", ""),
        ("password", "x" * 257),
        ("name", "x" * 2000),
    ],
)
async def test_a_problem_is_shown_beside_its_field_and_the_rest_stays(
    site: TestedSite, field: str, value: str
) -> None:
    typed = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD, field: value}
    async with site.browser() as ada:
        answer = await submit(ada, "/sign-up", typed)
        assert answer.status_code == 422
        assert f'id="{field}-problem"' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert answer.text.count("autofocus") == 1
        assert PASSWORD not in answer.text
        for name in {"name", "email"} - {field}:
            assert f'value="{typed[name]}"' in answer.text
    assert await site.sql("SELECT 1 FROM users") == []


async def test_too_many_attempts_for_one_account_wait(migrated: Database) -> None:
    async with (
        open_site(migrated, account_rate=FEW) as site,
        site.browser() as ada,
        site.browser(address="192.0.2.9") as eve,
    ):
        person = await sign_up(site, ada)
        for _ in range(3):
            assert (await sign_in(eve, person.email, "wrong")).status_code == 422
        answer = await sign_in(eve, person.email.upper())
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 200
        assert (await sign_in(eve, "somebody@example.org", "wrong")).status_code == 422


async def test_an_account_without_an_owner_is_limited_alike(migrated: Database) -> None:
    async with open_site(migrated, account_rate=FEW) as site, site.browser() as eve:
        codes = [(await sign_in(eve, "x@example.org", "wrong")).status_code for _ in range(4)]
    assert codes == [422, 422, 422, 429]


async def test_who_knows_the_password_has_all_attempts_back(migrated: Database) -> None:
    async with open_site(migrated, account_rate=FEW) as site, site.browser() as ada:
        person = await sign_up(site, ada)
        for _ in range(3):
            assert (await sign_in(ada, person.email, "wrong")).status_code == 422
            assert (await sign_in(ada, person.email)).status_code == 303


async def test_too_many_attempts_from_one_address_wait(migrated: Database) -> None:
    async with (
        open_site(migrated, address_rate=FEW) as site,
        site.browser(address="192.0.2.9") as eve,
        site.browser(address="192.0.2.10") as bo,
    ):
        for number in range(3):
            assert (await sign_in(eve, f"{number}@example.org")).status_code == 422
        assert (await sign_in(eve, "4@example.org")).status_code == 429
        account = {"email": "eve@example.org", "password": PASSWORD}
        assert (await submit(eve, "/sign-up", account)).status_code == 429
        assert (await sign_in(bo, "4@example.org")).status_code == 422


async def test_who_is_not_signed_in_is_led_there_and_back(site: TestedSite) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        await submit(ada, "/campaigns", to="/sign-out")
        answer = await ada.get("/campaigns?status=ACTIVE")
        assert answer.status_code == 303
        door = answer.headers["location"]
        assert door == "/sign-in?next=%2Fcampaigns%3Fstatus%3DACTIVE"
        page = await ada.get(door)
        assert 'name="next" value="/campaigns?status=ACTIVE"' in page.text
        values = {
            "email": "ada@example.org",
            "password": PASSWORD,
            "next": "/campaigns?status=ACTIVE",
        }
        answer = await submit(ada, door, values, to="/sign-in")
        assert answer.headers["location"] == "/campaigns?status=ACTIVE"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/x"],
)
async def test_nobody_is_led_to_another_site(site: TestedSite, wanted: str) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        page = await ada.get("/sign-in", params={"next": wanted})
        assert "evil" not in page.text
        assert 'name="next"' not in page.text
        values = {"email": "ada@example.org", "password": PASSWORD, "next": wanted}
        answer = await submit(ada, "/sign-in", values)
        assert answer.headers["location"] == "/campaigns"


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Return the cookies that an answer sets, by name, with their flags."""
    headers = answer.headers.get_list("set-cookie")
    return {header.split("=", 1)[0]: header.lower() for header in headers}


async def test_cookies_are_out_of_reach_of_scripts(site: TestedSite) -> None:
    async with site.browser() as ada:
        await sign_up(site, ada)
        cookies = cookies_of(await sign_in(ada, "ada@example.org"))
        visit = cookies_of(await ada.get("/sign-in", headers={"cookie": ""}))
        for flags in (*cookies.values(), *visit.values()):
            assert "httponly" in flags
            assert "samesite=lax" in flags
        assert set(cookies) == {"signed_in"}


async def test_over_https_cookies_are_bound_to_the_host(migrated: Database) -> None:
    origin = "https://site.example"
    async with (
        open_site(migrated, public_url=origin) as site,
        site.browser(origin=origin) as ada,
    ):
        await sign_up(site, ada)
        answer = await sign_in(ada, "ada@example.org")
        assert set(cookies_of(answer)) == {"__Host-signed_in"}
        assert all("; secure" in flags for flags in cookies_of(answer).values())
        assert "strict-transport-security" in answer.headers


async def test_a_cookie_of_another_secret_signs_nobody_in(
    site: TestedSite, migrated: Database
) -> None:
    async with (
        open_site(migrated, secret="another") as other,
        site.browser() as ada,
        other.browser() as eve,
    ):
        await sign_up(site, ada)
        eve.cookies.update(dict(ada.cookies))
        assert (await eve.get("/campaigns")).status_code == 303


async def test_a_cookie_ends_after_its_days(migrated: Database) -> None:
    now = [1_000_000.0]
    options: dict[str, Any] = {"clock": lambda: now[0], "signed_in_seconds_max": 1000}
    async with open_site(migrated, **options) as site, site.browser() as ada:
        await sign_up(site, ada)
        now[0] += 999
        assert (await ada.get("/campaigns")).status_code == 200
        now[0] += 2
        assert (await ada.get("/campaigns")).status_code == 303


async def test_the_cookie_of_a_deleted_account_signs_nobody_in(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        await site.sql("DELETE FROM users WHERE id = %s", person.id)
        assert (await ada.get("/campaigns")).status_code == 303


async def test_an_account_without_a_password_cannot_be_entered(site: TestedSite) -> None:
    await site.sql(
        "INSERT INTO users (id, email, updated_at) VALUES ('b', 'bo@example.org', now())"
    )
    async with site.browser() as eve:
        for password in ("", "None", PASSWORD):
            assert (await sign_in(eve, "bo@example.org", password)).status_code == 422


def test_the_secret_does_not_show() -> None:
    assert "hunter2" not in repr(SiteOptions(secret="hunter2"))
