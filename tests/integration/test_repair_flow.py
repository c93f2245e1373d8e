"""Repair on real stores: what was found different becomes equal, under any concurrent event."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from crossfade.events import Repaired
from crossfade.mapping.state import Key
from crossfade.parity.model import Verdict
from crossfade.repair import repair
from crossfade.repair.repair import Action
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.product import RunningProduct
from support.kill import Killed, deadly, deadly_port, interrupted, interrupted_port
from support.repairs import find, open_findings, repair_page, repair_route


async def damage(product: RunningProduct, *corruptions: Corruption) -> tuple[Key, ...]:
    """Furnish, damage and find; returns the keys that differ."""
    await furnish(product)
    keys = tuple(key for done in await inject(product, *corruptions) for key in done.keys)
    await find(product, *keys)
    assert keys
    return keys


async def everything(product: RunningProduct) -> dict[str, Any]:
    """What all three stores and the ledger hold."""
    items = product.stores.dynamodb.scan(TableName=product.stores.table_name)["Items"]
    objects = product.stores.s3.list_objects_v2(Bucket=product.stores.bucket)["Contents"]
    return {
        "items": sorted(items, key=str),
        "objects": [(one["Key"], one["ETag"]) for one in objects],
        "ledger": await product.sql("SELECT * FROM crossfade.ledger ORDER BY entity, key"),
        "uploads": await product.sql("SELECT * FROM crossfade.object ORDER BY object_key"),
        "findings": await product.sql("SELECT * FROM crossfade.finding ORDER BY id"),
    }


@pytest.mark.parametrize("corruption", list(Corruption))
async def test_every_corruption_is_repaired_and_its_finding_closed(
    product: RunningProduct, corruption: Corruption
) -> None:
    keys = await damage(product, corruption)
    async with repair_route(product) as route:
        results = await repair_page(route, after=0, findings_max=100)
    assert [result.is_closed for result in results] == [True] * len(keys)
    await product.assert_equal()
    closed = await product.sql("SELECT closed_by FROM crossfade.finding")
    assert closed == [("repair by a test",)] * len(keys)


async def test_all_corruptions_at_once_are_repaired(product: RunningProduct) -> None:
    """Some exclude others on so few rows; all that was done is undone."""
    await damage(product, *Corruption)
    async with repair_route(product) as route:
        results = await repair_page(route, after=0, findings_max=100)
    assert {result.is_closed for result in results} == {True}
    await product.assert_equal()
    (event,) = product.observed(Repaired)
    assert (event.closed, event.open, event.left) == (len(results), 0, 0)


async def test_a_dry_run_says_what_it_would_do_and_changes_nothing(product: RunningProduct) -> None:
    await damage(
        product, Corruption.LOST_DELETE, Corruption.WRONG_OBJECT, Corruption.HIGHER_VERSION
    )
    before = await everything(product)
    async with repair_route(product) as route:
        remedies = await repair.preview(route, after=0, findings_max=100)
    assert await everything(product) == before
    assert [remedy.action for remedy in remedies] == [
        Action.REMOVE,
        Action.REWRITE,
        Action.REWRITE,
    ]
    assert [len(remedy.damaged) for remedy in remedies] == [0, 1, 0]
    assert remedies[2].above > 7


async def test_a_step_takes_so_many_findings_and_continues_after_them(
    product: RunningProduct,
) -> None:
    await damage(product, Corruption.BOUNDARY_ROWS, Corruption.EXTRA_ITEM)
    async with repair_route(product) as route:
        first = await repair_page(route, after=0, findings_max=1)
        last = first[-1].remedy.finding.id
        rest = await repair_page(route, after=last, findings_max=100)
    assert len(first) == 1
    assert await open_findings(product) == 0
    assert last not in {result.remedy.finding.id for result in rest}
    await product.assert_equal()


async def test_a_foreign_item_is_not_changed(product: RunningProduct) -> None:
    await furnish(product)
    stray = {"pk": {"S": "SOMEONE"}, "sk": {"S": "ELSE"}}
    product.stores.dynamodb.put_item(TableName=product.stores.table_name, Item=stray)
    await find(product, Key("", ("SOMEONE", "ELSE")), verdict=Verdict.DRIFT_FOREIGN)
    before = await everything(product)
    async with repair_route(product) as route:
        (result,) = await repair_page(route, after=0, findings_max=10)
    assert result.remedy.action is Action.LEAVE
    assert not result.is_closed
    assert await everything(product) == before
    (event,) = product.observed(Repaired)
    assert (event.closed, event.open, event.left) == (0, 0, 1)


async def test_a_finding_that_settled_itself_is_closed(product: RunningProduct) -> None:
    (key,) = await damage(product, Corruption.LOST_ITEM)
    async with repair_route(product) as route:
        remedies = await repair.preview(route, after=0, findings_max=10)
        await route.mark([(key, 0)])
        await product.drain()
        (result,) = await repair.carry_out(route, remedies)
    assert result.is_closed
    await product.assert_equal()


async def test_an_object_that_is_sound_again_is_not_discarded(product: RunningProduct) -> None:
    """Between the plan and its carrying out another repair was quicker."""
    await damage(product, Corruption.WRONG_OBJECT)
    async with repair_route(product) as route:
        remedies = await repair.preview(route, after=0, findings_max=10)
        await repair_page(route, after=0, findings_max=10)
        ((name, tag),) = [
            one for one in (await everything(product))["objects"] if one[0] in remedies[0].damaged
        ]
        assert not await product.migration.objects.discard_damaged(name)
        await repair.carry_out(route, remedies)
    assert (name, tag) in (await everything(product))["objects"]
    await product.assert_equal()


async def test_a_key_that_a_writer_holds_is_repaired_later(product: RunningProduct) -> None:
    (key,) = await damage(product, Corruption.HIGHER_VERSION)
    held = "SELECT FROM crossfade.ledger WHERE entity = %s AND key = %s FOR UPDATE"
    async with (
        repair_route(product) as route,
        await psycopg.AsyncConnection.connect(product.direct.dsn) as writer,
    ):
        await writer.execute(held, (key.entity, list(key.parts)))
        (result,) = await repair_page(route, after=0, findings_max=10)
        assert not result.is_closed
        await writer.rollback()
        (result,) = await repair_page(route, after=0, findings_max=10)
    assert result.is_closed
    await product.assert_equal()


async def test_a_store_that_is_down_leaves_the_finding_open(product: RunningProduct) -> None:
    await damage(product, Corruption.LOST_ITEM)
    async with repair_route(product) as route:
        (remedy,) = await repair.preview(route, after=0, findings_max=10)

        async def fail(keys: Sequence[Key]) -> None:
            del keys

        (result,) = await repair.carry_out(replace(route, deliver=fail), [remedy])
    assert not result.is_closed
    assert await open_findings(product) == 1
    await product.assert_equal()


async def test_repair_races_with_live_writes_and_the_source_wins(product: RunningProduct) -> None:
    """Rows are changed, deleted and moved while their findings are repaired over and over."""
    keys = await damage(product, Corruption.SKIPPED_WINDOW, Corruption.HIGHER_VERSION)
    done = asyncio.Event()

    async def write() -> None:
        for number in range(40):
            await product.sql("UPDATE campaigns SET name = 'Tide ' || %s", str(number))
            await product.sql("UPDATE sessions SET name = 'Night ' || %s", str(number))
            await product.sql("UPDATE sessions SET campaign_id = NULL WHERE random() < 0.2")
        await product.sql("DELETE FROM sessions WHERE random() < 0.5")
        done.set()

    async def mend(route: repair.RepairStores) -> None:
        while not done.is_set():
            await repair_page(route, after=0, findings_max=100)
            await find(product, *keys)

    async with repair_route(product) as route:
        await asyncio.gather(write(), mend(route), mend(route))
    await product.assert_equal()


@pytest.mark.parametrize("place", ["source", "items", "mark", "deliver", "compare"])
async def test_a_write_at_any_point_of_a_repair_is_not_overwritten(
    product: RunningProduct, place: str
) -> None:
    """It is committed and delivered between two steps; putting what the plan read would undo it."""
    await damage(product, Corruption.HIGHER_VERSION)

    async def write() -> None:
        await product.sql("UPDATE users SET name = 'Newer'")
        await product.sql("UPDATE campaigns SET name = 'Newer'")
        await product.sql("UPDATE sessions SET name = 'Newer', transcript_text = 'Newer'")
        await product.drain()

    async with repair_route(product) as route:
        real = getattr(route, place)
        methods = {"source": "fetch", "items": "get"}
        late: Any = (
            interrupted_port(real, methods[place], write)
            if place in methods
            else interrupted(real, write)
        )
        await repair_page(replace(route, **{place: late}), after=0, findings_max=10)
        await repair_page(route, after=0, findings_max=10)
    assert await open_findings(product) == 0
    assert await product.sql("SELECT DISTINCT name FROM campaigns") == [("Newer",)]
    await product.assert_equal()


POINTS = [
    ("findings", "open_page"),
    ("source", "fetch"),
    ("items", "get"),
    ("objects", "check"),
    ("objects", "discard_damaged"),
    ("uploads", "forget"),
    ("mark", ""),
    ("deliver", ""),
    ("compare", ""),
    ("findings", "close"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("port", "method"), POINTS)
async def test_a_repair_that_ends_at_any_point_is_finished_by_the_next(
    product: RunningProduct, port: str, method: str, *, after: bool
) -> None:
    await damage(product, Corruption.WRONG_OBJECT, Corruption.MISSING_OBJECT, Corruption.EXTRA_ITEM)
    async with repair_route(product) as route:
        real = getattr(route, port)
        killing = deadly_port(real, method, after=after) if method else deadly(real, after=after)
        with suppress(Killed):
            await repair_page(replace(route, **{port: killing}), after=0, findings_max=100)
            pytest.fail("the repair was not ended")
        await repair_page(route, after=0, findings_max=100)
    assert await open_findings(product) == 0
    await product.assert_equal()
