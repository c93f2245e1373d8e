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
from crossfade.errors import ConfigurationError, NoProgress
from crossfade.events import BackfillWaits, PushFailed
from crossfade.mapping.codec.codec import Codec
from crossfade.postgres import install, uninstall
from crossfade.preflight.census import Census
from crossfade.preflight.dry_run import rehearse
from crossfade.runtime.backfill import BackfillOptions, open_windows
from crossfade.testing import Refuse, Rule, ServerError, Throttle
from support.backfill import (
    INSERT,
    RESTART,
    a_desk,
    add_campaigns,
    add_transcripts,
    progress,
    run_backfill,
    small,
)
from support.engines.world import World


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
    world: World, action: Callable[[], Awaitable[None]], lanes: int = 2
) -> None:
    """Backfill, and do something once the first campaigns have been read."""
    async with a_desk(world) as desk:
        await copy.run(
            replace(
                desk,
                windows=AfterPage(desk.windows, action),
                limits=replace(desk.limits, lanes=lanes),
            )
        )


async def campaign_items(world: World) -> list[dict[str, Any]]:
    """Every campaign's item, tombstones included."""
    answer = await asyncio.to_thread(
        world.stores.dynamodb.scan, TableName=world.stores.table_name, ConsistentRead=True
    )
    return [item for item in answer["Items"] if item["sk"]["S"].startswith("CAMP#")]


async def test_rows_of_before_the_capture_are_copied(world: World) -> None:
    await add_campaigns(world, 250)
    await add_transcripts(world, 30)
    standing = await run_backfill(world)
    assert standing["campaign"].tally.written == 250
    assert standing["campaign"].windows > 1
    assert standing["session"].tally.written == 30
    assert all(one.is_done for one in standing.values())
    assert await world.dirty() == 0
    assert {item["cf_v"]["N"] for item in await campaign_items(world)} == {"0"}
    await world.assert_equal()


async def test_rows_that_the_ledger_knows_are_left_to_the_relay(world: World) -> None:
    await add_campaigns(world, 60)
    await world.sql("UPDATE campaigns SET name = 'New' WHERE right(slug, 1) = '1'")
    tally = (await run_backfill(world))["campaign"].tally
    assert (tally.read, tally.written, tally.skipped) == (60, 54, 6)
    assert await world.dirty() == 6
    await world.assert_equal()


async def test_a_copy_never_overwrites_a_newer_write(world: World) -> None:
    await add_campaigns(world, 10)

    async def write() -> None:
        await world.sql("UPDATE campaigns SET name = 'Newer'")
        await world.drain()

    await backfill_with(world, write)
    assert (await progress(world))["campaign"].tally.skipped == 10
    assert {item["name"]["S"] for item in await campaign_items(world)} == {"Newer"}
    await world.assert_equal()


async def test_a_copy_never_brings_a_deleted_row_back(world: World) -> None:
    await add_campaigns(world, 10)

    async def delete() -> None:
        await world.sql("DELETE FROM campaigns")
        await world.drain()

    await backfill_with(world, delete)
    assert all("cf_deleted" in item for item in await campaign_items(world))
    await world.assert_equal()


async def test_a_copy_that_comes_first_gives_way_to_the_delete(world: World) -> None:
    await add_campaigns(world, 10)

    async def delete() -> None:
        await world.sql("DELETE FROM campaigns")

    await backfill_with(world, delete)
    assert not any("cf_deleted" in item for item in await campaign_items(world))
    await world.assert_equal()


async def test_a_row_changed_behind_the_triggers_is_marked(world: World) -> None:
    await add_campaigns(world, 5)
    await run_backfill(world)
    await world.sql("ALTER TABLE campaigns DISABLE TRIGGER crossfade_capture_campaign")
    await world.sql("UPDATE campaigns SET name = 'Unseen' WHERE slug = 'old3'")
    await world.sql("ALTER TABLE campaigns ENABLE ALWAYS TRIGGER crossfade_capture_campaign")
    tally = (await run_backfill(world, RESTART))["campaign"].tally
    assert (tally.skipped, tally.marked) == (4, 1)
    assert await world.dirty() == 1
    await world.assert_equal()


async def test_items_ahead_of_a_lost_ledger_are_written_over(world: World) -> None:
    """The ledger was dropped and installed anew; rows changed in between."""
    await add_campaigns(world, 5)
    await world.sql("UPDATE campaigns SET name = 'Twice'")
    await world.sql("UPDATE campaigns SET name = 'Thrice'")
    await world.drain()
    await uninstall(world.direct.dsn)
    await world.sql("UPDATE campaigns SET name = 'Unseen'")
    await install(world.direct.dsn, APPLICATION.mappings)
    tally = (await run_backfill(world))["campaign"].tally
    assert tally.marked == 5
    await world.assert_equal()
    assert {item["cf_v"]["N"] for item in await campaign_items(world)} == {"3"}


async def test_a_row_that_cannot_be_stored_parks_and_the_others_go_on(world: World) -> None:
    await add_transcripts(world, 20)
    await world.sql("UPDATE sessions SET id = repeat('x', 1100) WHERE id = 's7'")
    await world.sql("DELETE FROM crossfade.ledger WHERE entity = 'session'")
    tally = (await run_backfill(world))["session"].tally
    assert (tally.written, tally.parked) == (19, 1)
    assert [event.error for event in world.events if isinstance(event, PushFailed)] == [
        "Unmappable"
    ]
    for _ in range(world.settings.park_after_faults):
        await world.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
        await world.migration.relay_step()
    parked = await world.sql(
        "SELECT parked_reason FROM crossfade.ledger WHERE parked_reason IS NOT NULL"
    )
    assert len(parked) == 1


async def test_throttled_rows_come_again_and_the_pace_falls(world: World) -> None:
    await add_campaigns(world, 60)
    world.dynamo.add(Rule(Throttle(), operation=INSERT, times=4))
    standing = await run_backfill(world)
    assert standing["campaign"].tally.written == 60
    assert sum(one.tally.throttles for one in standing.values()) == 4
    waits = [event for event in world.events if isinstance(event, BackfillWaits)]
    assert {event.error for event in waits} == {"Throttled"}
    await world.assert_equal()


async def test_a_failing_store_stops_the_backfill_and_it_goes_on_later(world: World) -> None:
    await add_campaigns(world, 60)
    world.dynamo.add(Rule(ServerError(500), operation=INSERT, skip=2))
    with pytest.raises(NoProgress, match="run the backfill again"):
        await run_backfill(world, backfill_standstill_seconds=0.5)
    before = (await progress(world))["campaign"]
    assert not before.is_done
    assert before.windows_leased == 0
    world.dynamo.clear()
    after = (await run_backfill(world))["campaign"]
    assert after.tally.read == 60
    await world.assert_equal()


async def test_a_source_that_fails_for_a_while_is_waited_for(world: World) -> None:
    await add_campaigns(world, 200)

    async def cut() -> None:
        await world.database.strike(Refuse())
        world.database.cut()

        async def mend() -> None:
            await asyncio.sleep(0.3)
            await world.database.heal()

        mending.append(asyncio.create_task(mend()))

    mending: list[asyncio.Task[None]] = []
    await backfill_with(world, cut)
    await asyncio.gather(*mending)
    assert (await progress(world))["campaign"].is_done
    await world.assert_equal()


@dataclass
class DeafRenewal:
    """The windows, whose renewal swallows a cancellation, as asyncio.wait_for may."""

    windows: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.windows, name)

    async def renew(self) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def test_it_ends_even_where_a_cancellation_is_swallowed(world: World) -> None:
    await add_campaigns(world, 200)
    async with asyncio.timeout(60), a_desk(world) as desk:
        limits = replace(desk.limits, renew_seconds=0.001)
        await copy.run(replace(desk, windows=DeafRenewal(desk.windows), limits=limits))
    assert (await progress(world))["campaign"].is_done


async def test_told_to_stop_it_ends_and_goes_on_later(world: World) -> None:
    await add_campaigns(world, 200)
    async with a_desk(world) as desk:

        async def stop() -> None:
            desk.stop.set()

        await copy.run(replace(desk, windows=AfterPage(desk.windows, stop)))
    before = (await progress(world))["campaign"]
    assert before.tally.read < 200
    assert before.windows_leased == 0
    after = (await run_backfill(world))["campaign"]
    assert (after.tally.read, after.tally.written) == (200, 200)
    await world.assert_equal()


async def test_a_limit_is_kept_to_the_row(world: World) -> None:
    await add_campaigns(world, 150)
    standing = await run_backfill(world, BackfillOptions(rows_max=33))
    assert sum(one.tally.read for one in standing.values()) == 33
    standing = await run_backfill(world)
    assert standing["campaign"].tally.read == 150
    await world.assert_equal()


async def test_a_rehearsal_writes_nothing(world: World) -> None:
    await add_campaigns(world, 45)
    async with open_windows(small(world), APPLICATION.mappings) as windows:
        census = Census(Codec(APPLICATION.by_name["campaign"]))
        assert await rehearse(windows, census, page_rows=20) == 0
        assert (census.items, census.misfits) == (45, 0)
        assert census.item_bytes > 45 * 200
        assert await windows.progress() == []
    assert await campaign_items(world) == []
    assert world.dynamo.record.arrived("PutItem") == 0
    assert world.dynamo.record.arrived(INSERT) == 0


async def test_nothing_is_copied_unless_every_write_is_captured(world: World) -> None:
    await add_campaigns(world, 5)
    await world.sql("ALTER TABLE campaigns DISABLE TRIGGER crossfade_capture_campaign")
    with pytest.raises(ConfigurationError, match=r"missing or disabled on public\.campaigns"):
        await run_backfill(world)
    await uninstall(world.direct.dsn, force=True)
    with pytest.raises(ConfigurationError, match="campaign: not installed"):
        await run_backfill(world)
    await install(
        world.direct.dsn, [replace(mapping, version=9) for mapping in APPLICATION.mappings]
    )
    with pytest.raises(ConfigurationError, match="another declaration"):
        await run_backfill(world)
    assert await campaign_items(world) == []


async def test_a_plan_of_before_a_gap_in_the_capture_is_refused(world: World) -> None:
    await add_campaigns(world, 5)
    await run_backfill(world)
    await world.sql("DROP TRIGGER crossfade_capture_campaign ON campaigns")
    await install(world.direct.dsn, APPLICATION.mappings)
    with pytest.raises(ConfigurationError, match="backfill --restart"):
        await run_backfill(world)
    assert (await run_backfill(world, RESTART))["campaign"].is_done


async def test_pages_that_do_not_advance_end_the_backfill(world: World) -> None:
    await add_campaigns(world, 50)

    class Stuck(AfterPage):
        async def page(self, window: Window, rows_max: int) -> Page:
            return await super().page(replace(window, last=None), rows_max)

    async def nothing() -> None:
        pass

    async with a_desk(world) as desk:
        with pytest.raises(NoProgress, match="did not advance"):
            await copy.run(replace(desk, windows=Stuck(desk.windows, nothing)))


async def test_two_processes_share_the_windows(world: World) -> None:
    await add_campaigns(world, 400)
    async with a_desk(world) as one, a_desk(world) as other:
        await asyncio.gather(copy.run(one), copy.run(other))
    tally = (await progress(world))["campaign"].tally
    assert (tally.read, tally.written) == (400, 400)
    workers = await world.sql("SELECT count(*) FROM crossfade.backfill_window WHERE NOT is_done")
    assert workers == [(0,)]
    await world.assert_equal()


async def test_a_window_that_another_process_took_is_not_advanced(world: World) -> None:
    """Its lease ran out while its page was under way: both put the rows, one records them."""
    await add_campaigns(world, 30)

    async def lose() -> None:
        await world.sql("UPDATE crossfade.backfill_window SET lease = gen_random_uuid()")
        await world.sql("UPDATE crossfade.backfill_window SET lease_until = now()")

    await backfill_with(world, lose, lanes=1)
    tally = (await progress(world))["campaign"].tally
    assert tally.read == 30
    assert tally.written < 30
    await world.assert_equal()


async def test_live_writes_beside_the_backfill_end_in_equal_stores(world: World) -> None:
    """Rows are changed, deleted and inserted again as fast as it goes, and a relay runs."""
    await add_campaigns(world, 300)
    await add_transcripts(world, 40)
    stop = asyncio.Event()

    async def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            digit = str(turn % 10)
            await world.sql(
                "UPDATE campaigns SET name = 'Live' || %s WHERE right(slug, 1) = %s",
                *(str(turn), digit),
            )
            await world.sql(
                "WITH gone AS (DELETE FROM campaigns WHERE right(slug, 2) = %s || '5' RETURNING *) "
                "INSERT INTO campaigns SELECT (gone).* FROM gone WHERE false",
                digit,
            )
            await world.sql(
                "INSERT INTO campaigns (user_id, slug, name, updated_at) "
                "VALUES (%s, 'old' || %s || '5', 'Again', now()) ON CONFLICT DO NOTHING",
                *(world.user_id, digit),
            )
            await world.sql(
                "UPDATE sessions SET transcript_text = %s WHERE id = %s",
                *(f"[Brin] Turn {turn}.", f"s{turn % 40 + 1}"),
            )

    async def relays() -> None:
        while not stop.is_set():
            end = asyncio.Event()
            relaying = asyncio.create_task(world.migration.run_relay(end))
            await asyncio.sleep(0.05)
            relaying.cancel()
            end.set()  # asyncio.wait_for, which libraries use, may swallow a cancellation
            await asyncio.gather(relaying, return_exceptions=True)

    beside = [asyncio.create_task(write()), asyncio.create_task(relays())]
    try:
        standing = await run_backfill(world, BackfillOptions(write_units=300))
    finally:
        stop.set()
        await asyncio.gather(*beside)
    assert all(one.is_done for one in standing.values())
    await world.assert_equal()
