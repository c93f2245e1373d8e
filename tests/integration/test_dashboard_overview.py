"""The overview on a real migration: its figures, live, without any row's content."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html import unescape

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from campaigns.actions import create_campaign, create_session
from campaigns.inputs import NewCampaign, NewSession
from crossfade.postgres.queries import query
from crossfade.settings import Settings
from crossfade.testing import Refuse, Rule, Stall
from crossfade.web.dashboard.pages import NAVIGATION
from support.dashboard import STEP_SECONDS_MAX, open_dashboard
from support.engines.product import RunningProduct
from support.engines.values import Database
from support.postgres_tables import plan, scanned_whole

TILE = re.compile(
    r'<dt>(?:<a [^>]*>)?([^<]+?)(?:</a>)?(?: <span class="chip \w+">\w+</span>)?</dt>\s*'
    r'<dd class="value[^"]*">([^<]*)</dd>'
)
ROW = re.compile(
    r'<tr><th scope="row">([\w-]+)</th><td[^>]*>[\w.]+</td><td class="number">(\d+)</td>'
)


@pytest.fixture
async def browser(product: RunningProduct) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the product's dashboard."""
    async with open_dashboard(product.settings) as dashboard, dashboard.browser() as browser:
        yield browser


def tiles(html: str) -> dict[str, str]:
    return {label: unescape(value) for label, value in TILE.findall(html)}


def headline(html: str) -> str:
    found = re.search(r"data-headline>([^<]*)<", html)
    assert found is not None
    return unescape(found.group(1))


@asynccontextmanager
async def watching(browser: httpx.AsyncClient) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
    """Open the live page; its events as names and data."""
    async with browser.stream("GET", "/overview/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    name, data = "", [""]
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name, data = line.removeprefix("event: "), []
        elif line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        elif not line and name:
            yield name, "\n".join(data)
            name = ""


async def until(seen: AsyncIterator[tuple[str, str]], name: str, holds: str = "") -> str:
    """Wait for an event of this name with a text in its data."""
    async with asyncio.timeout(STEP_SECONDS_MAX):
        async for kind, data in seen:
            if kind == name and holds in data:
                return data
    raise AssertionError(f"the stream ended without {name} {holds}")


async def test_figures_agree_with_the_ledger(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    await product.drain()
    product.dynamo.add(Rule(Stall(), operation="PutItem"))
    for number in range(3):
        await create_campaign(product.app, product.user_id, NewCampaign(name=f"Number {number}"))
    await product.sql(
        "UPDATE crossfade.ledger SET parked_reason = 'too large' WHERE ctid = ("
        " SELECT ctid FROM crossfade.ledger WHERE entity = 'campaign' LIMIT 1)"
    )
    await product.sql(
        "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run)"
        " SELECT 'campaign', ARRAY[number::text], 'drift_missing', 'unknown', 1, 1"
        " FROM generate_series(1, 10002) AS number"
    )
    html = (await browser.get("/")).text
    shown = tiles(html)
    [(dirty, parked)] = await product.sql(
        "SELECT count(*) FILTER (WHERE parked_reason IS NULL), count(parked_reason)"
        " FROM crossfade.ledger WHERE dirty_since IS NOT NULL"
    )
    assert (shown["Dirty keys"], shown["Parked keys"]) == (str(dirty), str(parked)) == ("2", "1")
    assert shown["Open findings"].startswith("more than 10")
    assert dict(ROW.findall(html))["campaign"] == "2"
    assert "problems need attention" in headline(html)
    [(since,)] = await product.sql(
        "SELECT to_char(min(dirty_since) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
        " FROM crossfade.ledger WHERE parked_reason IS NULL"
    )
    assert shown["Replicated through"] == f"{since} UTC"
    product.dynamo.clear()


async def test_a_change_is_seen_without_asking(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    await product.drain()
    product.dynamo.add(Rule(Stall(), operation="PutItem"))
    async with watching(browser) as seen:
        assert tiles(await until(seen, "snapshot"))["Dirty keys"] == "0"
        await create_campaign(product.app, product.user_id, NewCampaign(name="Seen"))
        shown = tiles(await until(seen, "snapshot", '<dd class="value">1</dd>'))
        assert shown["Dirty keys"] == "1"
    product.dynamo.clear()


async def test_a_database_that_goes_and_comes_back(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    async with watching(browser) as seen:
        await until(seen, "snapshot")
        await product.database.inject(Refuse())
        product.database.cut()
        assert await until(seen, "lost") in {"Unreachable", "Overloaded"}
        answer = await browser.get("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert (await browser.get("/healthz")).status_code == 200
        ready = await browser.get("/readyz")
        assert ready.status_code == 503
        assert ready.text.startswith("not ready: the database cannot be reached")
        await product.database.heal()
        await until(seen, "snapshot")
    async with asyncio.timeout(STEP_SECONDS_MAX):
        while (await browser.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it is asked
            await asyncio.sleep(0.1)


async def test_streams_end_with_the_process(product: RunningProduct) -> None:
    """They end by themselves; a server would wait for them, and then cut them off."""
    async with (
        asyncio.timeout(STEP_SECONDS_MAX),
        open_dashboard(product.settings) as dashboard,
        dashboard.browser() as browser,
        watching(browser) as seen,
    ):
        await until(seen, "snapshot")
        dashboard.stop.set()
        assert {name async for name, _ in seen} <= {"snapshot"}


async def test_no_page_shows_what_rows_hold(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    secret = "Zyxwvut the unspeakable"
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name=secret))
    await create_session(
        product.app, product.user_id, NewSession(name=secret, campaign_id=campaign.id, notes=secret)
    )
    for path in ("/", "/metrics", "/overview/live", *(link.path for link in NAVIGATION)):
        async with browser.stream("GET", path) as answer:
            assert answer.status_code == 200, path
            chunk = "".join([text async for text in first(answer)])
        assert chunk
        assert "Zyxwvut" not in chunk
        assert "owner@example.org" not in chunk


async def first(answer: httpx.Response) -> AsyncIterator[str]:
    """The whole of a page, or the first figures of a live one."""
    async for text in answer.aiter_text():
        yield text
        if answer.headers["content-type"].startswith("text/event-stream") and "data:" in text:
            return


async def test_nothing_installed_is_reported(migrated: Database) -> None:
    settings = Settings(database_url=SecretStr(migrated.dsn))
    async with open_dashboard(settings) as dashboard, dashboard.browser() as browser:
        for path in ("/", "/readyz"):
            answer = await browser.get(path)
            assert answer.status_code == 503
            assert "crossfade install" in unescape(answer.text)


async def test_an_internal_error_is_a_page_without_details(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    """What no reader of the schema expects; the headers are there all the same."""
    await product.sql(
        "INSERT INTO crossfade.process (id, jobs, stores_open, every_seconds)"
        " VALUES (gen_random_uuid(), ARRAY[NULL::text], '{}', 5)"
    )
    answer = await browser.get("/")
    assert answer.status_code == 500
    assert "An error in Crossfade" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]


async def test_a_ledger_of_another_release_is_not_ready(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    assert (await browser.get("/readyz")).text == "ready\n"
    await product.sql("INSERT INTO crossfade.schema_version (version) VALUES (9999)")
    answer = await browser.get("/readyz")
    assert (answer.status_code, "SchemaChanged" in answer.text) == (503, True)


async def test_metrics_agree_with_the_ledger(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    await product.drain()
    product.dynamo.add(Rule(Stall(), operation="PutItem"))
    await create_campaign(product.app, product.user_id, NewCampaign(name="Counted"))
    text = (await browser.get("/metrics")).text
    values = {
        (sample.name.removeprefix("crossfade_ledger_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["dirty_keys", "campaign"] == 1
    assert values["dirty_keys", "session"] == 0
    assert values["oldest_dirty_seconds", "campaign"] > 0
    assert values["captured", "campaign"] == 1
    assert values["processes_alive", "relay"] == 0
    assert ("canary_age_seconds",) not in values
    product.dynamo.clear()


async def test_a_transaction_open_for_long_is_reported(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    """Only one that holds a snapshot or has written: behind it nothing is cleaned up."""
    async with (
        await psycopg.AsyncConnection.connect(product.direct.dsn) as idle,
        await psycopg.AsyncConnection.connect(product.direct.dsn) as holding,
    ):
        await idle.execute("SELECT")
        await open_seconds(browser, lambda seconds: seconds == 0.0)
        await holding.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await holding.execute("SELECT")
        first = await open_seconds(browser, lambda seconds: seconds > 0.0)
        await open_seconds(browser, lambda seconds: seconds > first + 0.1)
    await open_seconds(browser, lambda seconds: seconds == 0.0)


async def open_seconds(browser: httpx.AsyncClient, holds: Callable[[float], bool]) -> float:
    """Wait until the age of the oldest transaction is such, as the metric has it."""
    async with asyncio.timeout(STEP_SECONDS_MAX):
        while True:
            text = (await browser.get("/metrics")).text
            (printed,) = re.findall(
                r"^crossfade_ledger_transaction_seconds (.*)$", text, re.MULTILINE
            )
            if holds(float(printed)):
                return float(printed)
            await asyncio.sleep(0.05)


async def test_a_missing_trigger_is_the_first_thing_said(
    product: RunningProduct, browser: httpx.AsyncClient
) -> None:
    await product.sql("ALTER TABLE users DISABLE TRIGGER USER")
    html = (await browser.get("/")).text
    assert "Writes to public.users are not captured" in html
    assert 'crossfade_ledger_captured{entity="user"} 0.0' in (await browser.get("/metrics")).text


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("overview", {"findings_max": 10_001, "processes_max": 50, "minutes": 60}),
        ("heartbeat_sample", {"kept_days": 15}),
    ],
)
async def test_a_snapshot_reads_no_large_table_whole(
    product: RunningProduct, name: str, values: dict[str, int]
) -> None:
    """Neither all keys nor all findings: what it costs grows with what is unsettled."""
    steps = await plan(product.direct, query(name), values)
    assert "ledger_due" in steps
    assert scanned_whole(steps, ["ledger", "finding", "failure_minute", "lag_sample"]) == []
