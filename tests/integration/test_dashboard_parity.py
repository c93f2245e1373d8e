"""Operators on a real migration: what drifts is found, shown, repaired, and stays on record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape

import httpx

from campaigns.actions import create_campaign
from campaigns.inputs import NewCampaign
from campaigns.mapping import APPLICATION
from crossfade.runtime.operator import open_worker
from crossfade.testing.corruption.corruption import Corruption
from crossfade.web.dashboard.parameters import key_json
from support.damage import furnish, inject
from support.dashboard import REVEAL_TOKEN, TOKEN, guarded, open_dashboard
from support.engines.product import RunningProduct
from support.site import submit

SCRIPT = "<script>alert(1)</script>"
SECRET = "The lamp is under the third stair"
PAGES = ("/", "/parity", "/findings?standing=all", "/keys", "/gates", "/backfill", "/actions")
MALFORMED = (
    "/findings?after=x",
    "/findings?after=0",
    "/findings?before=99999999999999999999",
    "/findings?verdict=nothing",
    "/findings?standing=nothing",
    "/findings?since=2026-13-45",
    "/findings?key=%00",
    "/findings/x",
    "/findings/99999999999999999999",
    "/keys?after_entity=user&after_key=x",
    "/keys?after_entity=user&after_key=[]",
    "/keys?after_entity=user&after_key=[1]",
    "/keys?after_entity=user&after_key=[%22%5Cu0000%22]",
    "/keys/row",
    "/keys/row?entity=member&part=only-one",
    "/keys/row?entity=user&part=%00",
    "/actions/x",
    "/actions/repair?finding=x",
    "/actions/unpark?key=[%22a%22]",
    "/actions/unpark?entity=user&key=a",
    "/actions/verify?deep=maybe",
)


@asynccontextmanager
async def operator(product: RunningProduct, *, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the product's dashboard, signed in when there is a token."""
    settings = guarded(product.settings) if token else product.settings
    async with open_dashboard(settings) as dashboard, dashboard.browser() as browser:
        if token:
            answer = await submit(browser, "/sign-in", {"name": "Ada", "token": token})
            assert answer.status_code == 303
        yield browser


async def work(product: RunningProduct) -> None:
    """Do all that was asked for, as `crossfade work` does."""
    async with open_worker(product.settings, APPLICATION, product.events.append) as worker:
        while await worker.step():
            pass


async def ask(browser: httpx.AsyncClient, path: str, to: str, **fields: str) -> str:
    """Confirm an action; the address of its request."""
    answer = await submit(browser, path, fields, to=to)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def shown(browser: httpx.AsyncClient, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.text)


async def test_drift_is_found_shown_repaired_and_closed(product: RunningProduct) -> None:
    await furnish(product)
    await inject(product, Corruption.CHANGED_STRING, Corruption.LOST_ITEM)
    async with operator(product) as browser:
        place = await ask(browser, "/actions/verify", "/actions/verify", deep="true")
        assert "waiting" in await shown(browser, place)
        await work(product)
        assert "2 open findings" in await shown(browser, place)

        listed = await shown(browser, "/findings")
        numbers = sorted(set(re.findall(r'href="/findings/(\d+)"', listed)))
        assert len(numbers) == 2
        missing = await shown(browser, "/findings?verdict=drift_missing")
        assert "1 finding," in missing
        (lost,) = set(re.findall(r'href="/findings/(\d+)"', missing))
        finding = await shown(browser, f"/findings/{lost}")
        assert "The row exists, but no live item." in finding
        assert "the target has no item with a version" in finding
        assert await shown(browser, "/parity")

        place = await ask(
            browser, f"/actions/repair?finding={lost}", "/actions/repair", finding=lost
        )
        await work(product)
        assert "1 of 1 findings closed" in await shown(browser, place)
        assert "closed" in await shown(browser, f"/findings/{lost}")
        assert "1 finding," in await shown(browser, "/findings")

        place = await ask(browser, "/actions/repair", "/actions/repair")
        await work(product)
        assert "1 of 1 findings closed" in await shown(browser, place)
        assert "No finding matches." in await shown(browser, "/findings")
        assert "local operator, request" in await shown(browser, "/findings?standing=closed")
    await product.assert_equal()


async def test_a_double_click_asks_once(product: RunningProduct) -> None:
    async with operator(product) as browser:
        first = await ask(browser, "/actions/verify", "/actions/verify")
        assert await ask(browser, "/actions/verify", "/actions/verify") == first
        assert await ask(browser, "/actions/verify", "/actions/verify", entity="user") != first


async def test_what_waits_can_be_withdrawn(product: RunningProduct) -> None:
    async with operator(product) as browser:
        place = await ask(browser, "/actions/verify", "/actions/verify")
        answer = await submit(browser, place, to=f"{place}/withdraw")
        assert answer.headers["location"] == place
        assert "withdrawn by local operator" in await shown(browser, place)
        await work(product)
        assert await product.sql("SELECT count(*) FROM crossfade.run") == [(0,)]


async def test_a_request_without_a_worker_is_reported(product: RunningProduct) -> None:
    async with operator(product) as browser:
        place = await ask(browser, "/actions/verify", "/actions/verify")
        assert "Is crossfade work running?" not in plain(await shown(browser, place))
        await product.sql("UPDATE crossfade.request SET requested_at = now() - interval '1 minute'")
        for path in (place, "/actions"):
            assert "Is crossfade work running?" in plain(await shown(browser, path))


async def test_a_parked_key_is_shown_and_set_free(product: RunningProduct) -> None:
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Low tide"))
    await product.drain()
    key = [campaign.id, product.user_id]
    await product.sql(
        "UPDATE crossfade.ledger SET version = version + 1, dirty_since = now(), "
        "parked_reason = %s WHERE entity = 'campaign' AND key = %s",
        f"TooLarge: {SCRIPT}",
        key,
    )
    async with operator(product) as browser:
        html = (await browser.get("/keys")).text
        assert SCRIPT not in html
        assert SCRIPT in unescape(html)
        row = f"/keys/row?entity=campaign&part={campaign.id}"
        assert "Parked because" in await shown(browser, row)
        path = f"/actions/unpark?entity=campaign&key={key_json(tuple(key))}"
        fields = {"entity": "campaign", "key": key_json(tuple(key))}
        place = await ask(browser, path, "/actions/unpark", **fields)
        assert "one key is tried again" in await shown(browser, place)
        assert "No key is parked." in await shown(browser, "/keys")
        await product.assert_equal()
        assert "in both stores" in await shown(browser, row)


async def test_the_history_of_a_row_is_shown(product: RunningProduct) -> None:
    await furnish(product)
    (injected,) = await inject(product, Corruption.CHANGED_STRING)
    (key,) = injected.keys
    async with operator(product) as browser:
        await ask(browser, "/actions/verify", "/actions/verify")
        await ask(browser, "/actions/repair", "/actions/repair")
        await work(product)
        mapping = APPLICATION.by_name[key.entity]
        parts = key.parts[: len(mapping.primary_key)]
        parameters = {"entity": key.entity, "part": [part or "" for part in parts]}
        page = await browser.get("/keys/row", params=parameters)
        assert "a finding was opened: differs" in page.text
        assert "the finding was closed by local operator, request" in page.text
        assert "in both stores" in page.text
        typed = {"entity": key.entity, "key": "/".join(part or "" for part in parts)}
        assert str(key) in (await browser.get("/keys/row", params=typed)).text
        nobody = await shown(browser, "/keys/row?entity=user&key=nobody")
        assert "The ledger has no key of this row" in nobody


async def test_revealing_needs_the_right_and_is_recorded(product: RunningProduct) -> None:
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name=SECRET))
    await product.drain()
    key = key_json((campaign.id, product.user_id))
    path = f"/actions/reveal?entity=campaign&key={key}"
    fields = {"entity": "campaign", "key": key}
    row = f"/keys/row?entity=campaign&part={campaign.id}"
    async with open_dashboard(guarded(product.settings)) as dashboard:
        async with dashboard.browser() as eve:
            await submit(eve, "/sign-in", {"name": "Eve", "token": TOKEN})
            assert (await eve.get(path)).status_code == 403
            answer = await submit(eve, "/actions/verify", fields, to="/actions/reveal")
            assert answer.status_code == 403
            assert await product.sql("SELECT count(*) FROM crossfade.request") == [(0,)]
        async with dashboard.browser() as ada, dashboard.browser() as bob:
            await submit(ada, "/sign-in", {"name": "Ada", "token": REVEAL_TOKEN})
            await submit(bob, "/sign-in", {"name": "Bob", "token": REVEAL_TOKEN})
            place = await ask(ada, path, "/actions/reveal", **fields)
            await work(product)
            assert (await shown(ada, place)).count(SECRET) == 2
            assert SECRET not in await shown(bob, place)
            for page in (*PAGES, row):
                assert SECRET not in await shown(ada, page)
            assert "Ada asked to see its content" in await shown(bob, row)
            await product.sql("UPDATE crossfade.revealed SET expires_at = now()")
            assert SECRET not in await shown(ada, place)
            assert await product.sql("SELECT count(*) FROM crossfade.revealed") == [(0,)]
            assert "Reveal campaign" in await shown(bob, "/actions")


async def test_lists_are_paged_through_their_links(product: RunningProduct) -> None:
    await product.sql(
        "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
        "SELECT 'user', ARRAY[%s || n], 'drift_missing', 'lost write', 1, 1 "
        "FROM generate_series(1, 120) AS n",
        SCRIPT,
    )
    async with operator(product) as browser:
        for start in ("/findings", "/findings?key=%3Cscr", "/findings?entity=user&standing=all"):
            seen, path = [], start
            while path:
                page = (await browser.get(path)).text
                assert SCRIPT not in page
                assert "120 findings" in page
                seen += re.findall(r'class="number"><a href="/findings/(\d+)"', page)
                following = re.search(r'rel="next" href="([^"]+)"', page)
                path = unescape(following.group(1)) if following else ""
            assert len(seen) == len(set(seen)) == 120
        assert "more than 10" not in await shown(browser, "/findings")
        assert SCRIPT not in (await browser.get(f"/findings/{seen[0]}")).text


async def test_what_is_malformed_is_refused_with_a_page(product: RunningProduct) -> None:
    async with operator(product) as browser:
        for path in MALFORMED:
            answer = await browser.get(path)
            assert answer.status_code == 400, path
            assert "has an invalid part" in answer.text


async def test_what_is_not_there_is_not_found(product: RunningProduct) -> None:
    async with operator(product) as browser:
        for path in (
            "/findings/7",
            "/actions/7",
            "/keys/row?entity=nothing&key=a",
            "/actions/verify?entity=nothing",
        ):
            assert (await browser.get(path)).status_code == 404, path


async def test_who_is_not_signed_in_sees_and_does_nothing(product: RunningProduct) -> None:
    async with (
        open_dashboard(guarded(product.settings)) as dashboard,
        dashboard.browser() as browser,
    ):
        for path in (*PAGES[1:], "/findings/1", "/keys/row?entity=user&key=a", "/actions/1"):
            answer = await browser.get(path)
            assert answer.headers["location"].startswith("/sign-in"), path
        for path in ("verify", "repair", "unpark", "reveal", "1/withdraw"):
            assert (await browser.post(f"/actions/{path}")).status_code in {401, 403}, path
    assert await product.sql("SELECT count(*) FROM crossfade.request") == [(0,)]


async def test_forms_of_other_sites_do_nothing(product: RunningProduct) -> None:
    async with operator(product, token=TOKEN) as browser:
        for path in ("verify", "repair", "unpark", "1/withdraw"):
            answer = await browser.post(f"/actions/{path}", data={"csrf_token": "0" * 64})
            assert answer.status_code == 403, path
            assert (await browser.post(f"/actions/{path}")).status_code == 403, path
    assert await product.sql("SELECT count(*) FROM crossfade.request") == [(0,)]


async def test_gates_are_shown_as_they_are(product: RunningProduct) -> None:
    await furnish(product)
    async with operator(product) as browser:
        page = plain(await shown(browser, "/gates"))
        assert "Not ready" in page
        assert "run crossfade backfill" in page
        await product.sql("ALTER TABLE campaigns DISABLE TRIGGER USER")
        assert "public.campaigns: run crossfade install" in plain(await shown(browser, "/gates"))


async def test_the_backfills_progress_is_shown(product: RunningProduct) -> None:
    async with operator(product) as browser:
        assert "No backfill was planned yet" in await shown(browser, "/backfill")
        await product.sql(
            "INSERT INTO crossfade.backfill (entity, activated_xid, fingerprint, rows_estimated) "
            "SELECT name, activated_xid, fingerprint, 100 FROM crossfade.mapping "
            "WHERE name = 'user'"
        )
        await product.sql(
            "INSERT INTO crossfade.backfill_window "
            "(entity, number, is_done, rows_read, lease_until, advanced_at) VALUES "
            "('user', 0, true, 50, NULL, now()), "
            "('user', 1, false, 0, now() + interval '1h', now())"
        )
        page = await shown(browser, "/backfill")
        assert "50 %" in page
        assert 'http-equiv="refresh"' in page
        assert "50 of about 100 rows" in page
        await product.sql(
            "UPDATE crossfade.mapping SET fingerprint = 'another' WHERE name = 'user'"
        )
        assert "No backfill was planned yet" in await shown(browser, "/backfill")


def plain(html: str) -> str:
    """A page without its tags."""
    return re.sub(r"<[^>]+>", "", html)
