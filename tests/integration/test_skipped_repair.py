"""A repair continues without an entity with a changed table; its findings stay open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from campaigns.mapping import APPLICATION
from crossfade.events import EntitySkipped, Repaired
from crossfade.mapping.state import Key
from crossfade.parity.model import Comparison, Verdict
from crossfade.postgres import install
from crossfade.repair import repair
from crossfade.repair.repair import Action, RepairStores, Result
from support.engines.product import RunningProduct
from support.repairs import open_findings, repair_page, repair_route

ALTER = "ALTER TABLE campaigns ADD mood text"
REASON = "mood is not in the mapping"
USERS = ("u2", "u3")
CAMPAIGNS = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")


@pytest.fixture
async def route(product: RunningProduct) -> AsyncIterator[RepairStores]:
    """Users and campaigns without items, and findings that say so, in turns."""
    for user, campaign in zip(USERS, CAMPAIGNS, strict=True):
        await product.sql(
            "INSERT INTO users (id, email, updated_at) VALUES (%s, %s, now())",
            *(user, f"{user}@example.org"),
        )
        await product.sql(
            "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
            "VALUES (%s, %s, %s, 'One', now())",
            *(campaign, user, campaign),
        )
    await product.drain()
    client, name = product.stores.dynamodb, product.settings.dynamodb_table_name
    for item in client.scan(TableName=name)["Items"]:
        if product.user_id not in item["pk"]["S"]:
            client.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
    await product.sql(
        "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
        "SELECT entity, key, 'drift_missing', 'lost write', 1, 1 FROM crossfade.ledger "
        "WHERE key[1] = ANY (%s) ORDER BY right(key[1], 1), entity",
        [*USERS, *CAMPAIGNS],
    )
    async with repair_route(product) as route:
        yield route


async def assert_users_repaired(
    product: RunningProduct, results: Sequence[Result], left: int
) -> None:
    """The findings of users are closed; those of campaigns say why they are not."""
    assert {one.is_closed for one in results if of(one) == "user"} == {True}
    campaigns = [one for one in results if of(one) == "campaign"]
    assert [one.is_closed for one in campaigns] == [False] * len(CAMPAIGNS)
    for one in campaigns:
        assert one.skipped is not None
        assert REASON in one.skipped.reason
    assert await open_findings(product) == len(CAMPAIGNS)
    (event,) = product.observed(Repaired)
    assert (event.closed, event.open, event.left) == (len(USERS), len(CAMPAIGNS) - left, left)
    assert {(one.job, one.entity) for one in product.observed(EntitySkipped)} == {
        ("repair", "campaign")
    }


def of(result: Result) -> str:
    return result.remedy.finding.comparison.key.entity


async def test_the_others_are_repaired_and_the_next_repair_mends_the_rest(
    product: RunningProduct, route: RepairStores
) -> None:
    await product.sql(ALTER)
    results = await repair_page(route, after=0, findings_max=100)
    await assert_users_repaired(product, results, left=len(CAMPAIGNS))
    campaigns = [one.remedy for one in results if of(one) == "campaign"]
    assert {one.action for one in campaigns} == {Action.WAIT}
    await product.sql("ALTER TABLE campaigns DROP mood")
    await install(product.direct.dsn, APPLICATION.mappings)
    again = await repair_page(route, after=0, findings_max=100)
    assert [one.is_closed for one in again] == [True] * len(CAMPAIGNS)
    await product.assert_equal()


async def test_a_table_that_changes_before_the_comparison_leaves_its_findings_open(
    product: RunningProduct, route: RepairStores
) -> None:
    async def judge(keys: Sequence[Key]) -> Sequence[Comparison]:
        await product.sql(ALTER.replace("ADD", "ADD IF NOT EXISTS"))
        return await route.compare(keys)

    results = await repair_page(replace(route, compare=judge), after=0, findings_max=100)
    await assert_users_repaired(product, results, left=0)
    assert {one.verdict for one in results} == {Verdict.EQUAL, Verdict.DRIFT_MISSING}


async def test_a_table_that_changes_after_the_plan_leaves_its_findings_open(
    product: RunningProduct, route: RepairStores
) -> None:
    planned = await repair.preview(route, after=0, findings_max=100)
    assert {one.action for one in planned} == {Action.REWRITE}
    await product.sql(ALTER)
    await assert_users_repaired(product, await repair.carry_out(route, planned), left=0)


async def test_a_dry_run_plans_for_the_others(product: RunningProduct, route: RepairStores) -> None:
    await product.sql(ALTER)
    planned = await repair.preview(route, after=0, findings_max=100)
    actions = {one.finding.comparison.key.entity: one.action for one in planned}
    assert actions == {"user": Action.REWRITE, "campaign": Action.WAIT}


async def test_what_was_equal_before_its_table_changed_is_closed(
    product: RunningProduct, route: RepairStores
) -> None:
    """One campaign is compared again, since it was written to; its table has changed by then."""
    rounds = 0

    async def judge(keys: Sequence[Key]) -> Sequence[Comparison]:
        nonlocal rounds
        rounds += 1
        judged = await route.compare(keys)
        if rounds > 1:
            return judged
        await product.sql(ALTER)
        return [
            replace(one, verdict=Verdict.RACE) if CAMPAIGNS[1] in one.key.parts else one
            for one in judged
        ]

    results = await repair_page(replace(route, compare=judge), after=0, findings_max=100)
    left_out = [one.remedy.finding.comparison.key.parts for one in results if one.skipped]
    assert [CAMPAIGNS[1] in parts for parts in left_out] == [True]
    assert [one.is_closed for one in results].count(False) == 1
    assert await open_findings(product) == 1
