"""The sweep on real stores: it removes what no row needs, and nothing else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from campaigns.actions import create_session, save_transcript
from campaigns.inputs import NewSession, TranscriptChanges
from campaigns.mapping import APPLICATION
from crossfade.events import Swept
from crossfade.repair import sweep
from crossfade.repair.sweep import Candidate, Kind, SweepOutcome
from crossfade.runtime.backfill import BackfillOptions, open_windows, plan_backfill
from support.engines.product import RunningProduct
from support.kill import Killed, deadly_port
from support.repairs import sweep_route, swept

FIRST, SECOND = "[Brin] What was said first. " * 40, "[Brin] What was said then. " * 40


async def previewed(route: sweep.SweepStores) -> list[Candidate]:
    return [one async for batch in sweep.preview(route) for one in batch.candidates]


def fates(things: list[Candidate], kind: Kind) -> list[SweepOutcome]:
    return [thing.outcome for thing in things if thing.kind is kind]


async def one_session(product: RunningProduct, text: str = FIRST) -> str:
    session = await create_session(product.app, product.user_id, NewSession(name="One"))
    changes = TranscriptChanges(expected_revision=session.revision, text=text)
    await save_transcript(product.app, product.user_id, session.id, changes)
    await product.assert_equal()
    return session.id


async def say(product: RunningProduct, session: str, text: str) -> None:
    """Change a transcript as raw SQL does; the object is not uploaded yet."""
    await product.sql("UPDATE sessions SET transcript_text = %s WHERE id = %s", text, session)


async def delete(product: RunningProduct, session: str) -> None:
    await product.sql("DELETE FROM sessions WHERE id = %s", session)
    await product.drain()


def items(product: RunningProduct) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = product.stores.dynamodb.scan(TableName=product.stores.table_name)[
        "Items"
    ]
    return found


def objects(product: RunningProduct) -> list[str]:
    listed = product.stores.s3.list_objects_v2(Bucket=product.stores.bucket).get("Contents", [])
    return [one["Key"] for one in listed]


async def test_what_is_left_of_a_deleted_row_is_noted_then_removed(product: RunningProduct) -> None:
    session = await one_session(product)
    await delete(product, session)
    count = len(items(product))
    async with sweep_route(product) as route:
        first = await swept(route)
        assert {one.outcome for one in first} == {SweepOutcome.NOTED}
        assert (len(items(product)), len(objects(product))) == (count, 1)
        second = await swept(route)
        assert fates(second, Kind.TOMBSTONE) == [SweepOutcome.REMOVED]
        assert fates(second, Kind.OBJECT) == [SweepOutcome.REMOVED]
        assert not [item for item in items(product) if "cf_deleted" in item]
        assert objects(product) == []
        assert await swept(route) == []
    await product.assert_equal()
    events = product.observed(Swept)
    assert [one.noted for one in events if one.kind == "tombstone"] == [1, 0]
    assert [one.removed for one in events if one.kind == "tombstone"] == [0, 1]
    assert [(one.checked, one.removed) for one in events if one.kind == "object"] == [
        (1, 0),
        (1, 1),
    ]


async def test_nothing_is_removed_within_the_grace_period(product: RunningProduct) -> None:
    await delete(product, await one_session(product))
    async with sweep_route(product, grace_seconds=3600) as route:
        await swept(route)
        assert {one.outcome for one in await swept(route)} == {SweepOutcome.WAITING}
    assert objects(product)
    assert [item for item in items(product) if "cf_deleted" in item]


async def test_a_dry_run_changes_nothing(product: RunningProduct) -> None:
    await delete(product, await one_session(product))
    async with sweep_route(product) as route:
        assert {one.outcome for one in await previewed(route)} == {SweepOutcome.NOTED}
        assert await product.sql("SELECT count(*) FROM crossfade.grave") == [(0,)]
        assert await product.sql("SELECT count(*) FROM crossfade.orphan") == [(0,)]
        await swept(route)
        before = (items(product), objects(product), await product.sql("TABLE crossfade.grave"))
        assert {one.outcome for one in await previewed(route)} == {SweepOutcome.DUE}
        assert (
            items(product),
            objects(product),
            await product.sql("TABLE crossfade.grave"),
        ) == before


async def test_an_older_dirty_key_holds_tombstones_back(product: RunningProduct) -> None:
    session = await one_session(product)
    await product.dynamo.refuse()
    await product.sql("UPDATE users SET name = 'Waiting'")
    await product.dynamo.accept()
    await product.sql(
        "UPDATE crossfade.ledger SET next_attempt_at = 'infinity' WHERE version > acked"
    )
    await product.sql("DELETE FROM sessions WHERE id = %s", session)
    await product.drain(left=1)
    async with sweep_route(product) as route:
        await swept(route)
        assert fates(await swept(route), Kind.TOMBSTONE) == [SweepOutcome.HELD_BACK]
        await product.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
        await product.drain()
        assert fates(await swept(route), Kind.TOMBSTONE) == [SweepOutcome.REMOVED]


async def test_an_unfinished_backfill_holds_tombstones_back(product: RunningProduct) -> None:
    """A page that it read may hold the row from before its deletion."""
    session = await one_session(product)
    mapping = APPLICATION.by_name["session"]
    async with open_windows(product.settings, [mapping]) as windows:
        await plan_backfill(windows, BackfillOptions())
    await product.sql("DELETE FROM sessions WHERE id = %s", session)
    await product.drain()
    async with sweep_route(product) as route:
        await swept(route)
        assert fates(await swept(route), Kind.TOMBSTONE) == [SweepOutcome.HELD_BACK]
        await product.sql("UPDATE crossfade.backfill_window SET is_done = true")
        assert fates(await swept(route), Kind.TOMBSTONE) == [SweepOutcome.REMOVED]


async def test_a_row_that_comes_back_has_a_version_above_its_removed_tombstone(
    product: RunningProduct,
) -> None:
    session = await one_session(product)
    (before,) = [item for item in items(product) if item.get("id", {}).get("S") == session]
    await product.sql("CREATE TABLE kept AS SELECT * FROM sessions")
    await delete(product, session)
    async with sweep_route(product) as route:
        await swept(route)
        await swept(route)
    columns = "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns "
    ((names,),) = await product.sql(
        columns + "WHERE table_name = 'sessions' AND is_generated = 'NEVER'"
    )
    await product.sql(f"INSERT INTO sessions ({names}) SELECT {names} FROM kept")
    await product.assert_equal()
    (after,) = [item for item in items(product) if item.get("id", {}).get("S") == session]
    assert int(after["cf_v"]["N"]) > int(before["cf_v"]["N"]) + 1


async def test_a_row_inserted_again_right_before_the_removal_keeps_its_item(
    product: RunningProduct,
) -> None:
    """The tombstone was chosen; then the row came back and was delivered."""
    session = await one_session(product)
    await product.sql("CREATE TABLE kept AS SELECT * FROM sessions")
    await delete(product, session)

    class Late:
        def __init__(self, items: Any) -> None:
            self._items = items

        async def remove_tombstone(self, key: Any, version: int) -> bool:
            ((names,),) = await product.sql(
                "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns "
                "WHERE table_name = 'sessions' AND is_generated = 'NEVER'"
            )
            await product.sql(f"INSERT INTO sessions ({names}) SELECT {names} FROM kept")
            await product.drain()
            return bool(await self._items.remove_tombstone(key, version))

        async def get(self, keys: Any) -> Any:
            return await self._items.get(keys)

    async with sweep_route(product) as route:
        await swept(route)
        late = replace(route, items=Late(route.items))
        assert fates(await swept(late), Kind.TOMBSTONE) == [SweepOutcome.KEPT]
    await product.assert_equal()


async def test_an_object_is_not_removed_while_named(product: RunningProduct) -> None:
    """Its content comes back: A, then B, then A again, with a sweep in between."""
    session = await one_session(product, FIRST)
    await say(product, session, SECOND)
    await product.drain()
    async with sweep_route(product) as route:
        assert fates(await swept(route), Kind.OBJECT) == [SweepOutcome.NOTED]
        await say(product, session, FIRST)
        await product.drain()
        assert fates(await swept(route), Kind.OBJECT) == [SweepOutcome.NOTED], (
            "that of B, not that of A"
        )
        await say(product, session, SECOND)
        await product.drain()
        assert fates(await swept(route), Kind.OBJECT) == [SweepOutcome.NOTED], (
            "A was needed in between"
        )
    await product.assert_equal()


async def test_an_object_that_an_item_still_names_stays(product: RunningProduct) -> None:
    """The row has changed, and its delivery has not arrived."""
    session = await one_session(product, FIRST)
    async with sweep_route(product) as route:
        await product.dynamo.refuse()
        await say(product, session, SECOND)
        await product.sql("UPDATE crossfade.ledger SET acked = version, dirty_since = NULL")
        await product.dynamo.accept()
        assert fates(await swept(route), Kind.OBJECT) == []
    assert len(objects(product)) == 1


async def test_while_a_change_is_on_its_way_no_object_of_its_row_is_noted(
    product: RunningProduct,
) -> None:
    """A delivery may have stored one that it is about to name."""
    session = await one_session(product, FIRST)
    await product.migration.objects.put_text("transcripts", session, "stored by a delivery")
    await product.sql("UPDATE sessions SET name = 'Two' WHERE id = %s", session)
    async with sweep_route(product) as route:
        assert fates(await swept(route), Kind.OBJECT) == []
        await product.drain()
        assert fates(await swept(route), Kind.OBJECT) == [SweepOutcome.NOTED]


async def test_an_object_needed_again_while_it_is_removed_is_stored_again(
    product: RunningProduct,
) -> None:
    """A delivery found that it existed, right before it was removed."""
    session = await one_session(product, FIRST)
    await say(product, session, SECOND)
    await product.drain()

    class Late:
        def __init__(self, attic: Any) -> None:
            self._attic = attic

        def __getattr__(self, name: str) -> Any:
            return getattr(self._attic, name)

        async def remove(self, object_key: str) -> None:
            await say(product, session, FIRST)
            await product.drain()
            await self._attic.remove(object_key)

    async with sweep_route(product) as route:
        await swept(route)
        await swept(replace(route, objects=Late(route.objects)))
    await product.assert_equal()


async def test_a_late_memory_of_a_removed_object_is_mended_by_the_next_sweep(
    product: RunningProduct,
) -> None:
    """An upload before the removal is remembered after it; then the row needs the object."""
    session = await one_session(product, FIRST)
    await say(product, session, SECOND)
    await product.drain()
    remembered = await product.sql(
        "SELECT object_key, entity, row_id, size_bytes FROM crossfade.object"
    )
    async with sweep_route(product) as route:
        await swept(route)
        await swept(route)
        for row in remembered:
            await product.sql(
                "INSERT INTO crossfade.object (object_key, entity, row_id, size_bytes) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                *row,
            )
        await say(product, session, FIRST)
        await product.drain()
        assert not (await product.audit()).is_clean, "the pointer leads nowhere"
        await swept(route)
    await product.assert_equal()


async def test_sweeps_race_with_writers_who_delete_and_insert_again(
    product: RunningProduct,
) -> None:
    done = asyncio.Event()
    await product.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "SELECT gen_random_uuid(), %s, 'c' || n, 'Many', now() FROM generate_series(1, 8) AS n",
        product.user_id,
    )
    await product.sql(
        "CREATE TABLE kept AS SELECT id, user_id, slug, name, updated_at FROM campaigns"
    )

    async def write() -> None:
        for _ in range(25):
            await product.sql("DELETE FROM campaigns WHERE random() < 0.5")
            await product.sql(
                "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
                "SELECT * FROM kept WHERE random() < 0.5 ON CONFLICT DO NOTHING"
            )
            await product.migration.relay_step()
        done.set()

    async def clean(route: sweep.SweepStores) -> None:
        while not done.is_set():
            await swept(route)

    async with sweep_route(product) as route:
        await asyncio.gather(write(), clean(route))
    await product.assert_equal()


POINTS = [
    ("tombstones", "page"),
    ("tombstones", "note"),
    ("items", "remove_tombstone"),
    ("tombstones", "close"),
    ("objects", "names"),
    ("orphans", "states"),
    ("orphans", "note"),
    ("orphans", "mark_for_removal"),
    ("uploads", "forget"),
    ("objects", "remove"),
    ("orphans", "release"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("port", "method"), POINTS)
async def test_a_sweep_that_ends_at_any_point_is_finished_by_the_next(
    product: RunningProduct, port: str, method: str, *, after: bool
) -> None:
    kept = await one_session(product, SECOND)
    await delete(product, await one_session(product, FIRST))
    async with sweep_route(product) as route:
        if (port, method) not in {("tombstones", "note"), ("orphans", "note")}:
            await swept(route)
        killing = deadly_port(getattr(route, port), method, after=after)
        with suppress(Killed):
            await swept(replace(route, **{port: killing}))
            pytest.fail("the sweep was not ended")
        await swept(route)
        await swept(route)
    assert not [item for item in items(product) if "cf_deleted" in item]
    assert [name.split("/")[1] for name in objects(product)] == [kept]
    await product.assert_equal()
