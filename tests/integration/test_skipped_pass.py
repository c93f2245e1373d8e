"""A full pass continues without an entity with a changed table, and claims nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaigns.mapping import APPLICATION
from crossfade.cutover.gates import EntityFacts, Facts
from crossfade.dynamo import TableScan
from crossfade.errors import SchemaChanged
from crossfade.events import EntitySkipped
from crossfade.parity.full_pass import PassLimits
from crossfade.parity.model import Run, RunState, Verdict
from crossfade.postgres import PostgresScan, install
from crossfade.postgres.monitoring.gates import gate_facts
from crossfade.runtime.verification import Verifier, open_verifier
from support.dashboard import open_dashboard
from support.engines.product import RunningProduct
from support.kill import Killed
from support.verification import TestedPass

CAMPAIGNS, SESSIONS, USERS, PAGE = 25, 12, 5, 4
NAMES = tuple(sorted(mapping.name for mapping in APPLICATION.mappings))
OTHERS = tuple(name for name in NAMES if name != "campaign")
ALTER = "ALTER TABLE campaigns ADD mood text"
MEND = "ALTER TABLE campaigns DROP mood"
REASON = "mood is not in the mapping"


@pytest.fixture
async def furnished(product: RunningProduct) -> RunningProduct:
    """Users, campaigns and sessions in both stores, except a user's and a campaign's item."""
    await product.sql(
        "INSERT INTO users (id, email, updated_at) "
        "SELECT 'u' || n, n || '@example.org', now() FROM generate_series(2, %s) AS n",
        USERS,
    )
    await product.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "SELECT lpad(n::text, 32, '0')::uuid, 'u2', 's' || n, 'One', now() "
        "FROM generate_series(1, %s) AS n",
        CAMPAIGNS,
    )
    await product.sql(
        "INSERT INTO sessions (id, user_id, name, share_token, updated_at) "
        "SELECT 's' || n, 'u2', 'One', 't' || n, now() FROM generate_series(1, %s) AS n",
        SESSIONS,
    )
    await product.drain()
    remove(product, "USER#u3", "PROFILE")
    remove_campaign(product, 7)
    return product


def remove(product: RunningProduct, pk: str, sk: str) -> dict[str, Any]:
    """Delete an item past the relay; what it was."""
    found: dict[str, Any] = product.stores.dynamodb.delete_item(
        TableName=product.settings.dynamodb_table_name,
        Key={"pk": {"S": pk}, "sk": {"S": sk}},
        ReturnValues="ALL_OLD",
    )["Attributes"]
    return found


def put(product: RunningProduct, item: dict[str, Any]) -> None:
    """Write an item past the relay."""
    table = product.settings.dynamodb_table_name
    product.stores.dynamodb.put_item(TableName=table, Item=item)


def remove_campaign(product: RunningProduct, number: int) -> dict[str, Any]:
    """Delete a campaign's item; what it was."""
    return remove(product, "USER#u2", f"CAMP#{UUID(int=int(str(number), 16))}")


@asynccontextmanager
async def opened(
    product: RunningProduct, folder: Path
) -> AsyncIterator[tuple[Verifier, TestedPass]]:
    """A verifier, and the stores of a pass in small pages that records its progress after each."""
    async with open_verifier(
        product.settings, APPLICATION.mappings, product.events.append
    ) as verifier:
        table = TableScan(
            product.migration.client,
            product.settings.dynamodb_table_name,
            segments=2,
            page_items_max=PAGE,
        )
        rows = PostgresScan(verifier.resources.pool, APPLICATION.mappings, rows_max=PAGE)
        limits = PassLimits(keys_max=2, calls_max=2, report_seconds=0.0, folder=folder)
        yield verifier, TestedPass(replace(verifier.stores, rows=rows, table=table), limits)


Act = Callable[[], Awaitable[object]]


@dataclass
class At:
    """A store of a pass; before the n-th use of one of its methods something happens."""

    part: Any
    method: str
    calls: int
    act: Act

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.part, name)
        if name != self.method:
            return real
        return self._pages(real) if name in {"pages", "list"} else self._call(real)

    async def _count(self) -> None:
        self.calls -= 1
        if self.calls == 0:
            await self.act()

    def _call(self, real: Any) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            await self._count()
            return await real(*arguments, **named)

        return call

    def _pages(self, real: Any) -> Any:
        async def pages(*arguments: Any) -> AsyncIterator[Any]:
            await self._count()
            async for page in real(*arguments):
                yield page
                await self._count()

        return pages


def at(parts: TestedPass, where: tuple[str, str, int], act: Act) -> TestedPass:
    """Have something happen at a point of a pass."""
    part, method, calls = where
    changes: dict[str, Any] = {part: At(getattr(parts.stores, part), method, calls, act)}
    return parts.having(**changes)


async def facts_of(verifier: Verifier) -> tuple[Facts, dict[str, EntityFacts]]:
    facts = await gate_facts(verifier.resources.pool, 3600.0)
    return facts, {entity.name: entity for entity in facts.entities}


async def assert_campaigns_left_out(product: RunningProduct, verifier: Verifier, run: Run) -> None:
    """The others are verified, their drift is found, and nothing is said of campaigns."""
    assert (run.state, run.entities) == (RunState.FINISHED, OTHERS)
    ((entity, reason),) = [(one.entity, one.reason) for one in run.left_out]
    assert entity == "campaign"
    assert REASON in reason
    assert run.asked == NAMES
    rows = USERS + SESSIONS
    tally = run.tally
    assert (tally.source_rows, tally.equal_keys, tally.drifted_keys) == (rows, rows - 1, 1)
    assert (tally.lagging_keys, tally.racing_keys, tally.parked_keys) == (0, 0, 0)
    found = await verifier.findings.open_page(OTHERS)
    assert [str(one.comparison.key.entity) for one in found] == ["user"]
    assert found[0].comparison.verdict is Verdict.DRIFT_MISSING
    covered = await product.sql(
        "SELECT DISTINCT entity FROM crossfade.coverage WHERE run = %s", run.id
    )
    assert {name for (name,) in covered} == set(OTHERS)
    (event,) = product.observed(EntitySkipped)
    assert (event.job, event.entity, event.error) == ("verify", "campaign", SchemaChanged)


async def unverified_campaigns(product: RunningProduct) -> int:
    ((count,),) = await product.sql(
        "SELECT count(*) FROM crossfade.ledger "
        "WHERE entity = 'campaign' AND unverified_since IS NOT NULL"
    )
    return int(count)


async def mend(product: RunningProduct) -> None:
    await product.sql(MEND)
    await install(product.direct.dsn, APPLICATION.mappings)


async def assert_all_covered(product: RunningProduct, run: Run) -> None:
    assert (run.entities, run.left_out) == (NAMES, ())
    rows = USERS + SESSIONS + CAMPAIGNS
    tally = run.tally
    assert (tally.source_rows, tally.equal_keys, tally.drifted_keys) == (rows, rows - 2, 2)
    ((keys, drifted),) = await product.sql(
        "SELECT sum(keys), sum(drifted) FROM crossfade.coverage "
        "WHERE entity = 'campaign' AND run = %s",
        run.id,
    )
    assert (keys, drifted) == (CAMPAIGNS, 1)


async def test_the_others_are_verified_and_the_next_pass_covers_what_was_mended(
    furnished: RunningProduct, tmp_path: Path
) -> None:
    await furnished.sql(ALTER)
    async with opened(furnished, tmp_path) as (verifier, parts):
        run = await parts.run()
        await assert_campaigns_left_out(furnished, verifier, run)
        assert await unverified_campaigns(furnished) == CAMPAIGNS
        facts, entities = await facts_of(verifier)
        assert (entities["campaign"].verified_at, entities["campaign"].buckets) == (None, 0)
        assert entities["user"].verified_at is not None
        assert facts.quiet_since is None
        await mend(furnished)
        again = await parts.run()
        assert again.id == run.id + 1
        await assert_all_covered(furnished, again)
        facts, entities = await facts_of(verifier)
        assert entities["campaign"].verified_at is not None
        assert facts.quiet_since == again.finished_at
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - an empty folder


MOMENTS = {
    "in the middle of its rows": ("rows", "pages", 6),
    "when its rows are read": ("objects", "list", 1),
    "when its keys are looked at": ("checker", "check_keys", 1),
    "after some of its keys": ("checker", "check_keys", 3),
    "when items without rows are looked at": ("checker", "check_items", 1),
}
"""Where the table is altered."""


async def unsettle(product: RunningProduct) -> None:
    """Have campaigns of every kind in differing buckets: lost, extra, and on their way."""
    for number in range(8, 12):
        remove_campaign(product, number)
    items = [remove_campaign(product, number) for number in range(12, 16)]
    await product.sql("DELETE FROM campaigns WHERE slug IN ('s12', 's13', 's14', 's15')")
    await product.drain()
    for item in items:
        put(product, item)
    await product.sql("UPDATE campaigns SET name = 'Other' WHERE slug IN ('s16', 's17', 's18')")


@pytest.mark.parametrize("where", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("is_deep", [False, True])
async def test_a_table_that_changes_during_the_pass_is_left_out(
    furnished: RunningProduct, tmp_path: Path, where: tuple[str, str, int], *, is_deep: bool
) -> None:
    await unsettle(furnished)
    async with opened(furnished, tmp_path) as (verifier, parts):
        altering = at(parts, where, lambda: furnished.sql(ALTER))
        run = await altering.run(is_deep=is_deep)
        await assert_campaigns_left_out(furnished, verifier, run)
        assert await unverified_campaigns(furnished) == CAMPAIGNS


async def test_findings_of_earlier_runs_stay_open_while_their_table_cannot_be_read(
    furnished: RunningProduct, tmp_path: Path
) -> None:
    """Both were repaired meanwhile; this can be seen only of the user."""
    user, campaign = remove(furnished, "USER#u4", "PROFILE"), remove_campaign(furnished, 8)
    async with opened(furnished, tmp_path) as (verifier, parts):
        await parts.run()
        put(furnished, user)
        put(furnished, campaign)
        altering = at(parts, ("findings", "open_page", 1), lambda: furnished.sql(ALTER))
        run = await altering.run()
        await assert_campaigns_left_out(furnished, verifier, run)
        assert len(await verifier.findings.open_page(["campaign"])) == 2
        await mend(furnished)
        await assert_all_covered(furnished, await parts.run())


async def die() -> None:
    raise Killed


@pytest.mark.parametrize(
    "where",
    [
        ("rows", "pages", 4),
        ("objects", "list", 1),
        ("checker", "check_keys", 1),
        ("runs", "finish", 1),
    ],
)
async def test_a_resumed_pass_covers_what_was_mended_meanwhile(
    furnished: RunningProduct, tmp_path: Path, where: tuple[str, str, int]
) -> None:
    async with opened(furnished, tmp_path) as (verifier, parts):
        altering = at(parts, ("rows", "pages", 3), lambda: furnished.sql(ALTER))
        with pytest.raises(Killed):
            await at(altering, where, die).run()
        await mend(furnished)
        run = await parts.run()
        assert run.id == 1
        await assert_all_covered(furnished, run)
        assert len(await verifier.runs.newest(9)) == 1


async def test_a_resumed_pass_leaves_out_what_was_not_mended(
    furnished: RunningProduct, tmp_path: Path
) -> None:
    await unsettle(furnished)
    async with opened(furnished, tmp_path) as (verifier, parts):
        altering = at(parts, ("rows", "pages", 3), lambda: furnished.sql(ALTER))
        with pytest.raises(Killed):
            await at(altering, ("runs", "finish", 1), die).run()
        furnished.events.clear()
        run = await parts.run()
        assert run.id == 1
        await assert_campaigns_left_out(furnished, verifier, run)


async def test_a_pass_that_ended_without_an_entity_does_not_resume_an_older_one(
    furnished: RunningProduct, tmp_path: Path
) -> None:
    async with opened(furnished, tmp_path) as (verifier, parts):
        with pytest.raises(Killed):
            await at(parts, ("objects", "list", 1), die).run()
        await furnished.sql(ALTER)
        run = await parts.run(restart=True)
        await assert_campaigns_left_out(furnished, verifier, run)
        assert await verifier.runs.unfinished("full", NAMES, is_deep=False) is None


async def test_a_pass_without_any_table_fails_and_continues_later(
    furnished: RunningProduct, tmp_path: Path
) -> None:
    async with opened(furnished, tmp_path) as (verifier, parts):
        for mapping in APPLICATION.mappings:
            await furnished.sql(f"ALTER TABLE {mapping.table} ADD mood text")
        with pytest.raises(SchemaChanged) as refused:
            await parts.run()
        assert str(refused.value).count(REASON) == len(NAMES)
        (failed,) = await verifier.runs.newest()
        assert failed.state is RunState.FAILED
        for mapping in APPLICATION.mappings:
            await furnished.sql(f"ALTER TABLE {mapping.table} DROP mood")
        await install(furnished.direct.dsn, APPLICATION.mappings)
        run = await parts.run()
        assert run.id == failed.id
        await assert_all_covered(furnished, run)


async def test_the_dashboard_names_what_was_left_out(
    furnished: RunningProduct, tmp_path: Path
) -> None:
    await furnished.sql(ALTER)
    async with (
        opened(furnished, tmp_path) as (_, parts),
        open_dashboard(furnished.settings) as dashboard,
        dashboard.browser() as browser,
    ):
        await parts.run()
        page = await browser.get("/parity")
    assert page.text.count("without campaign") == 3  # the tile, the chart and the table
