"""The dashboard and its worker need the documented rights in PostgreSQL, and no more."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from campaigns.mapping import APPLICATION
from crossfade.operations.requests import Repair, RequestState, Reveal, Verify
from crossfade.postgres import open_pool
from crossfade.postgres.monitoring.requests import PostgresRequests
from crossfade.runtime.operator import open_worker
from crossfade.settings import Settings
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.dashboard import open_dashboard
from support.engines.product import RunningProduct
from support.site import submit

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("/", "/parity", "/findings", "/keys", "/gates", "/backfill", "/actions")


def grants(page: str, owner: str, role: str) -> list[str]:
    """The grants of a document to one of its roles, for a role of this test."""
    text = (DOCS / page).read_text("utf-8")
    found = re.findall(rf"^(GRANT [^;]* TO ){owner}_role;", text, re.MULTILINE)
    return [f"{one}{role}" for one in found if "public." not in one]


@asynccontextmanager
async def role_of(product: RunningProduct, name: str) -> AsyncIterator[tuple[str, Settings]]:
    """A role without rights, and settings that use it."""
    role = f"{name}_{product.settings.s3_bucket_name.replace('-', '_')}"
    await product.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    dsn = make_conninfo(product.direct.dsn, user=role, password="secret")
    try:
        yield role, product.settings.model_copy(update={"database_url": SecretStr(dsn)})
    finally:
        await product.sql(f"DROP OWNED BY {role}")
        await product.sql(f"DROP ROLE {role}")


async def test_the_dashboard_needs_its_grants(product: RunningProduct) -> None:
    await furnish(product)
    async with role_of(product, "dashboard") as (role, settings):
        for grant in grants("dashboard.md", "dashboard", role):
            await product.sql(grant)
        async with open_dashboard(settings) as dashboard, dashboard.browser() as browser:
            for path in (*PAGES, "/keys/row?entity=user&key=a", "/actions/verify"):
                assert (await browser.get(path)).status_code == 200, path
            for kind in ("verify", "repair", "unpark"):
                answer = await submit(browser, f"/actions/{kind}")
                assert answer.status_code == 303, kind
                place = answer.headers["location"]
                assert (await browser.get(place)).status_code == 200
            await product.sql(f"REVOKE UPDATE ON crossfade.ledger FROM {role}")
            answer = await submit(browser, "/actions/unpark")
            assert answer.status_code == 503
            assert "grant" in answer.text


@pytest.mark.parametrize("is_granted", [True, False])
async def test_the_age_of_others_transactions_needs_a_grant(
    product: RunningProduct, *, is_granted: bool
) -> None:
    async with role_of(product, "dashboard") as (role, settings):
        for grant in grants("dashboard.md", "dashboard", role):
            if is_granted or "pg_read_all_stats" not in grant:
                await product.sql(grant)
        async with open_dashboard(settings) as dashboard, dashboard.browser() as browser:
            text = (await browser.get("/metrics")).text
    assert ("crossfade_ledger_transaction_seconds" in text) is is_granted


@pytest.mark.parametrize("is_granted", [True, False])
async def test_a_worker_needs_its_grants(product: RunningProduct, *, is_granted: bool) -> None:
    await furnish(product)
    (injected,) = await inject(product, Corruption.CHANGED_STRING)
    (key,) = injected.keys
    async with (
        role_of(product, "worker") as (role, settings),
        open_pool(product.direct.dsn) as pool,
    ):
        documents = [("ledger", "relay"), ("parity", "verifier"), ("repair", "keeper")]
        for document, owner in [*documents, *[("dashboard", "worker")] * is_granted]:
            for grant in grants(f"{document}.md", owner, role):
                await product.sql(grant)
        for mapping in APPLICATION.mappings:
            await product.sql(f"GRANT SELECT ON {mapping.table} TO {role}")
        desk = PostgresRequests(pool)
        for task in (Verify(), Repair(), Reveal(key.entity, key.parts)):
            await desk.ask(task, "ada")
        async with open_worker(settings, APPLICATION, product.events.append) as worker:
            if not is_granted:
                with pytest.raises(Exception, match="grant the role"):
                    await worker.step()
                return
            while await worker.step():
                pass
        outcomes = [(one.state, one.outcome) for one in await desk.newest()]
        assert {state for state, _ in outcomes} == {RequestState.DONE}, outcomes
    await product.assert_equal()
