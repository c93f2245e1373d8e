"""The backfill beside everything else that happens to rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from campaigns.mapping import APPLICATION
from crossfade.backfill import copy
from crossfade.backfill.windows import Page, Window
from crossfade.errors import ConfigurationError, NoProgress, Throttled, Unmappable
from crossfade.events import BackfillWaits, PushFailed
from crossfade.mapping.codec.codec import Codec
from crossfade.postgres import install, uninstall
from crossfade.preflight.census import Census
from crossfade.preflight.dry_run import count_rows
from crossfade.runtime.backfill import BackfillOptions, open_windows
from crossfade.testing import Refuse, Rule, ServerError, Throttle
from support.backfill import (
    INSERT,
    RESTART,
    a_job,
    add_campaigns,
    add_transcripts,
    progress,
    run_backfill,
    small,
)
from support.engines.product import RunningProduct


@dataclass(frozen=True)
class AfterPage:
    """The windows, with something that happens between the read of a page and its puts."""

    windows: Any
    action: Callable[[], Awaitable[None]]
    entity: str = "campaign"
    done: list[Window] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.windows, name)

    async def page(self, window: Window, rows_max: int) -> Page:
        page: Page = await self.windows.page(window, rows_max)
        if window.entity == self.entity and page.rows and not self.done:
            self.done.append(window)
            await self.action()
        return page


async def backfill_with(
    product: RunningProduct, action: Callable[[], Awaitable[None]], workers: int = 2
) -> None:
    """Backfill, and do something once the first campaigns have been read."""
    async with a_job(product) as job:
        await copy.run(
            replace(
                job,
                windows=AfterPage(job.windows, action),
                writers=job.writers[:workers],
            )
        )


async def campaign_items(product: RunningProduct) -> list[dict[str, Any]]:
    """Every campaign's item, tombstones included."""
    answer = await asyncio.to_thread(
        product.stores.dynamodb.scan, TableName=product.stores.table_name, ConsistentRead=True
    )
    return [item for item in answer["Items"] if item["sk"]["S"].startswith("CAMP#")]


async def test_rows_of_before_the_capture_are_copied(product: RunningProduct) -> None:
    await add_campaigns(product, 250)
    await add_transcripts(product, 30)
    by_entity = await run_backfill(product)
    assert by_entity["campaign"].tally.written == 250
    assert by_entity["campaign"].windows > 1
    assert by_entity["session"].tally.written == 30
    assert {one.is_done for one in by_entity.values()} == {True}
    assert await product.dirty() == 0
    assert {item["cf_v"]["N"] for item in await campaign_items(product)} == {"0"}
    await product.assert_equal()


async def test_rows_that_the_ledger_knows_are_left_to_the_relay(product: RunningProduct) -> None:
    await add_campaigns(product, 60)
    await product.sql("UPDATE campaigns SET name = 'New' WHERE right(slug, 1) = '1'")
    tally = (await run_backfill(product))["campaign"].tally
    assert (tally.read, tally.written, tally.skipped) == (60, 54, 6)
    assert await product.dirty() == 6
    await product.assert_equal()


async def test_a_copy_never_overwrites_a_newer_write(product: RunningProduct) -> None:
    await add_campaigns(product, 10)

    async def write() -> None:
        await product.sql("UPDATE campaigns SET name = 'Newer'")
        await product.drain()

    await backfill_with(product, write)
    assert (await progress(product))["campaign"].tally.skipped == 10
    assert {item["name"]["S"] for item in await campaign_items(product)} == {"Newer"}
    await product.assert_equal()


async def test_a_copy_never_brings_a_deleted_row_back(product: RunningProduct) -> None:
    await add_campaigns(product, 10)

    async def delete() -> None:
        await product.sql("DELETE FROM campaigns")
        await product.drain()

    await backfill_with(product, delete)
    assert ["cf_deleted" in item for item in await campaign_items(product)] == [True] * 10
    await product.assert_equal()


async def test_a_copy_that_comes_first_gives_way_to_the_delete(product: RunningProduct) -> None:
    await add_campaigns(product, 10)

    async def delete() -> None:
        await product.sql("DELETE FROM campaigns")

    await backfill_with(product, delete)
    assert ["cf_deleted" in item for item in await campaign_items(product)] == [False] * 10
    await product.assert_equal()


async def test_a_row_changed_behind_the_triggers_is_marked(product: RunningProduct) -> None:
    await add_campaigns(product, 5)
    await run_backfill(product)
    await product.sql("ALTER TABLE campaigns DISABLE TRIGGER crossfade_capture_campaign")
    await product.sql("UPDATE campaigns SET name = 'Unseen' WHERE slug = 'old3'")
    await product.sql("ALTER TABLE campaigns ENABLE ALWAYS TRIGGER crossfade_capture_campaign")
    tally = (await run_backfill(product, RESTART))["campaign"].tally
    assert (tally.skipped, tally.marked) == (4, 1)
    assert await product.dirty() == 1
    await product.assert_equal()


async def test_items_ahead_of_a_lost_ledger_are_written_over(product: RunningProduct) -> None:
    """The ledger was dropped and installed anew; rows changed in between."""
    await add_campaigns(product, 5)
    await product.sql("UPDATE campaigns SET name = 'Twice'")
    await product.sql("UPDATE campaigns SET name = 'Thrice'")
    await product.drain()
    await uninstall(product.direct.dsn)
    await product.sql("UPDATE campaigns SET name = 'Unseen'")
    await install(product.direct.dsn, APPLICATION.mappings)
    tally = (await run_backfill(product))["campaign"].tally
    assert tally.marked == 5
    await product.assert_equal()
    assert {item["cf_v"]["N"] for item in await campaign_items(product)} == {"3"}


async def test_a_row_that_cannot_be_stored_parks_and_the_others_continue(
    product: RunningProduct,
) -> None:
    await add_transcripts(product, 20)
    await product.sql("UPDATE sessions SET id = repeat('x', 1100) WHERE id = 's7'")
    await product.sql("DELETE FROM crossfade.ledger WHERE entity = 'session'")
    tally = (await run_backfill(product))["session"].tally
    assert (tally.written, tally.parked) == (19, 1)
    assert [event.error for event in product.events if isinstance(event, PushFailed)] == [
        Unmappable
    ]
    for _ in range(product.settings.park_after_faults):
        await product.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
        await product.migration.relay_step()
    parked = await product.sql(
        "SELECT parked_reason FROM crossfade.ledger WHERE parked_reason IS NOT NULL"
    )
    assert len(parked) == 1


async def test_throttled_rows_come_again_and_the_pace_falls(product: RunningProduct) -> None:
    await add_campaigns(product, 60)
    product.dynamo.add(Rule(Throttle(), operation=INSERT, times=4))
    by_entity = await run_backfill(product)
    assert by_entity["campaign"].tally.written == 60
    assert sum(one.tally.throttles for one in by_entity.values()) == 4
    waits = [event for event in product.events if isinstance(event, BackfillWaits)]
    assert {event.error for event in waits} == {Throttled}
    await product.assert_equal()


async def test_a_failing_store_stops_the_backfill_which_continues_later(
    product: RunningProduct,
) -> None:
    await add_campaigns(product, 60)
    product.dynamo.add(Rule(ServerError(500), operation=INSERT, skip=2))
    with pytest.raises(NoProgress, match="run the backfill again"):
        await run_backfill(product, backfill_standstill_seconds=0.5)
    before = (await progress(product))["campaign"]
    assert not before.is_done
    assert before.windows_leased == 0
    product.dynamo.clear()
    after = (await run_backfill(product))["campaign"]
    assert after.tally.read == 60
    await product.assert_equal()


async def test_a_source_that_fails_for_a_while_is_waited_for(product: RunningProduct) -> None:
    await add_campaigns(product, 200)

    async def cut() -> None:
        await product.database.inject(Refuse())
        product.database.cut()

        async def mend() -> None:
            await asyncio.sleep(0.3)
            await product.database.heal()

        mending.append(asyncio.create_task(mend()))

    mending: list[asyncio.Task[None]] = []
    await backfill_with(product, cut)
    await asyncio.gather(*mending)
    assert (await progress(product))["campaign"].is_done
    await product.assert_equal()


@dataclass
class SwallowedRenewal:
    """The windows, with a renewal that swallows a cancellation, as asyncio.wait_for may."""

    windows: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.windows, name)

    async def renew(self) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def test_it_ends_even_where_a_cancellation_is_swallowed(product: RunningProduct) -> None:
    await add_campaigns(product, 200)
    async with asyncio.timeout(60), a_job(product) as job:
        limits = replace(job.limits, renew_seconds=0.001)
        await copy.run(replace(job, windows=SwallowedRenewal(job.windows), limits=limits))
    assert (await progress(product))["campaign"].is_done


async def test_a_stopped_backfill_ends_and_continues_later(product: RunningProduct) -> None:
    await add_campaigns(product, 200)
    async with a_job(product) as job:

        async def stop() -> None:
            job.stop.set()

        await copy.run(replace(job, windows=AfterPage(job.windows, stop)))
    before = (await progress(product))["campaign"]
    assert before.tally.read < 200
    assert before.windows_leased == 0
    after = (await run_backfill(product))["campaign"]
    assert (after.tally.read, after.tally.written) == (200, 200)
    await product.assert_equal()


async def test_a_limit_is_kept_to_the_row(product: RunningProduct) -> None:
    await add_campaigns(product, 150)
    by_entity = await run_backfill(product, BackfillOptions(rows_max=33))
    assert sum(one.tally.read for one in by_entity.values()) == 33
    by_entity = await run_backfill(product)
    assert by_entity["campaign"].tally.read == 150
    await product.assert_equal()


async def test_a_rehearsal_writes_nothing(product: RunningProduct) -> None:
    await add_campaigns(product, 45)
    async with open_windows(small(product), APPLICATION.mappings) as windows:
        census = Census(Codec(APPLICATION.by_name["campaign"]))
        assert await count_rows(windows, census, page_rows=20) == 0
        assert (census.items, census.misfits) == (45, 0)
        assert census.item_bytes > 45 * 200
        assert await windows.progress() == []
    assert await campaign_items(product) == []
    assert product.dynamo.record.arrived("PutItem") == 0
    assert product.dynamo.record.arrived(INSERT) == 0


async def test_nothing_is_copied_unless_every_write_is_captured(product: RunningProduct) -> None:
    await add_campaigns(product, 5)
    await product.sql("ALTER TABLE campaigns DISABLE TRIGGER crossfade_capture_campaign")
    with pytest.raises(ConfigurationError, match=r"missing or disabled on public\.campaigns"):
        await run_backfill(product)
    await uninstall(product.direct.dsn, force=True)
    with pytest.raises(ConfigurationError, match="campaign: not installed"):
        await run_backfill(product)
    await install(
        product.direct.dsn, [replace(mapping, version=9) for mapping in APPLICATION.mappings]
    )
    with pytest.raises(ConfigurationError, match="another declaration"):
        await run_backfill(product)
    assert await campaign_items(product) == []


async def test_a_plan_of_before_a_gap_in_the_capture_is_refused(product: RunningProduct) -> None:
    await add_campaigns(product, 5)
    await run_backfill(product)
    await product.sql("DROP TRIGGER crossfade_capture_campaign ON campaigns")
    await install(product.direct.dsn, APPLICATION.mappings)
    with pytest.raises(ConfigurationError, match="backfill --restart"):
        await run_backfill(product)
    assert (await run_backfill(product, RESTART))["campaign"].is_done


async def test_pages_that_do_not_advance_end_the_backfill(product: RunningProduct) -> None:
    await add_campaigns(product, 50)

    class Stuck(AfterPage):
        async def page(self, window: Window, rows_max: int) -> Page:
            return await super().page(replace(window, last=None), rows_max)

    async def nothing() -> None:
        pass

    async with a_job(product) as job:
        with pytest.raises(NoProgress, match="did not advance"):
            await copy.run(replace(job, windows=Stuck(job.windows, nothing)))


async def test_two_processes_share_the_windows(product: RunningProduct) -> None:
    await add_campaigns(product, 400)
    async with a_job(product) as one, a_job(product) as other:
        await asyncio.gather(copy.run(one), copy.run(other))
    tally = (await progress(product))["campaign"].tally
    assert (tally.read, tally.written) == (400, 400)
    workers = await product.sql("SELECT count(*) FROM crossfade.backfill_window WHERE NOT is_done")
    assert workers == [(0,)]
    await product.assert_equal()


async def test_a_window_that_another_process_took_is_not_advanced(product: RunningProduct) -> None:
    """Its lease ran out while its page was under way: both put the rows, one records them."""
    await add_campaigns(product, 30)

    async def lose() -> None:
        await product.sql("UPDATE crossfade.backfill_window SET lease = gen_random_uuid()")
        await product.sql("UPDATE crossfade.backfill_window SET lease_until = now()")

    await backfill_with(product, lose, workers=1)
    tally = (await progress(product))["campaign"].tally
    assert tally.read == 30
    assert tally.written < 30
    await product.assert_equal()


async def test_live_writes_beside_the_backfill_end_in_equal_stores(product: RunningProduct) -> None:
    """Rows are changed, deleted and inserted again as fast as it goes, and a relay runs."""
    await add_campaigns(product, 300)
    await add_transcripts(product, 40)
    stop = asyncio.Event()

    async def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            digit = str(turn % 10)
            await product.sql(
                "UPDATE campaigns SET name = 'Live' || %s WHERE right(slug, 1) = %s",
                *(str(turn), digit),
            )
            await product.sql(
                "WITH gone AS (DELETE FROM campaigns WHERE right(slug, 2) = %s || '5' RETURNING *) "
                "INSERT INTO campaigns SELECT (gone).* FROM gone WHERE false",
                digit,
            )
            await product.sql(
                "INSERT INTO campaigns (user_id, slug, name, updated_at) "
                "VALUES (%s, 'old' || %s || '5', 'Again', now()) ON CONFLICT DO NOTHING",
                *(product.user_id, digit),
            )
            await product.sql(
                "UPDATE sessions SET transcript_text = %s WHERE id = %s",
                *(f"[Brin] Turn {turn}.", f"s{turn % 40 + 1}"),
            )

    async def relays() -> None:
        while not stop.is_set():
            end = asyncio.Event()
            relaying = asyncio.create_task(product.migration.run_relay(end))
            await asyncio.sleep(0.05)
            relaying.cancel()
            end.set()  # asyncio.wait_for, which libraries use, may swallow a cancellation
            await asyncio.gather(relaying, return_exceptions=True)

    beside = [asyncio.create_task(write()), asyncio.create_task(relays())]
    try:
        by_entity = await run_backfill(product, BackfillOptions(write_units=300))
    finally:
        stop.set()
        await asyncio.gather(*beside)
    assert {one.is_done for one in by_entity.values()} == {True}
    await product.assert_equal()
