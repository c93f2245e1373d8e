"""The sweep on real stores: it removes what nobody needs, and never what somebody does."""

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
from crossfade.repair.sweep import Fate, Kind, Remnant
from crossfade.runtime.backfill import BackfillOptions, open_windows, plan_backfill
from support.engines.world import World
from support.kill import Killed, deadly_port
from support.repairs import sweep_route, swept

FIRST, SECOND = "[Brin] What was said first. " * 40, "[Brin] What was said then. " * 40


async def previewed(route: sweep.Route) -> list[Remnant]:
    return [one async for batch in sweep.preview(route) for one in batch.remnants]


def fates(things: list[Remnant], kind: Kind) -> list[Fate]:
    return [thing.fate for thing in things if thing.kind is kind]


async def one_session(world: World, text: str = FIRST) -> str:
    session = await create_session(world.app, world.user_id, NewSession(name="One"))
    changes = TranscriptChanges(expected_revision=session.revision, text=text)
    await save_transcript(world.app, world.user_id, session.id, changes)
    await world.assert_equal()
    return session.id


async def say(world: World, session: str, text: str) -> None:
    """Change a transcript as raw SQL does; the object is not uploaded yet."""
    await world.sql("UPDATE sessions SET transcript_text = %s WHERE id = %s", text, session)


async def delete(world: World, session: str) -> None:
    await world.sql("DELETE FROM sessions WHERE id = %s", session)
    await world.drain()


def items(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.stores.dynamodb.scan(TableName=world.stores.table_name)[
        "Items"
    ]
    return found


def objects(world: World) -> list[str]:
    listed = world.stores.s3.list_objects_v2(Bucket=world.stores.bucket).get("Contents", [])
    return [one["Key"] for one in listed]


async def test_what_is_left_of_a_deleted_row_is_noted_then_removed(world: World) -> None:
    session = await one_session(world)
    await delete(world, session)
    count = len(items(world))
    async with sweep_route(world) as route:
        first = await swept(route)
        assert {one.fate for one in first} == {Fate.NOTED}
        assert (len(items(world)), len(objects(world))) == (count, 1)
        second = await swept(route)
        assert fates(second, Kind.TOMBSTONE) == [Fate.REMOVED]
        assert fates(second, Kind.OBJECT) == [Fate.REMOVED]
        assert not [item for item in items(world) if "cf_deleted" in item]
        assert objects(world) == []
        assert await swept(route) == []
    await world.assert_equal()
    told = world.observed(Swept)
    assert [one.noted for one in told if one.kind == "tombstone"] == [1, 0]
    assert [one.removed for one in told if one.kind == "tombstone"] == [0, 1]
    assert [(one.looked, one.removed) for one in told if one.kind == "object"] == [(1, 0), (1, 1)]


async def test_nothing_is_removed_within_the_grace_period(world: World) -> None:
    await delete(world, await one_session(world))
    async with sweep_route(world, grace_seconds=3600) as route:
        await swept(route)
        assert {one.fate for one in await swept(route)} == {Fate.WAITING}
    assert objects(world)
    assert [item for item in items(world) if "cf_deleted" in item]


async def test_a_dry_run_changes_nothing(world: World) -> None:
    await delete(world, await one_session(world))
    async with sweep_route(world) as route:
        assert {one.fate for one in await previewed(route)} == {Fate.NOTED}
        assert await world.sql("SELECT count(*) FROM crossfade.grave") == [(0,)]
        assert await world.sql("SELECT count(*) FROM crossfade.orphan") == [(0,)]
        await swept(route)
        before = (items(world), objects(world), await world.sql("TABLE crossfade.grave"))
        assert {one.fate for one in await previewed(route)} == {Fate.DUE}
        assert (items(world), objects(world), await world.sql("TABLE crossfade.grave")) == before


async def test_an_older_dirty_key_holds_tombstones_back(world: World) -> None:
    session = await one_session(world)
    await world.dynamo.refuse()
    await world.sql("UPDATE users SET name = 'Waiting'")
    await world.dynamo.accept()
    await world.sql(
        "UPDATE crossfade.ledger SET next_attempt_at = 'infinity' WHERE version > acked"
    )
    await world.sql("DELETE FROM sessions WHERE id = %s", session)
    await world.drain(left=1)
    async with sweep_route(world) as route:
        await swept(route)
        assert fates(await swept(route), Kind.TOMBSTONE) == [Fate.HELD_BACK]
        await world.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
        await world.drain()
        assert fates(await swept(route), Kind.TOMBSTONE) == [Fate.REMOVED]


async def test_an_unfinished_backfill_holds_tombstones_back(world: World) -> None:
    """A page that it read may hold the row from before its deletion."""
    session = await one_session(world)
    mapping = APPLICATION.by_name["session"]
    async with open_windows(world.settings, [mapping]) as windows:
        await plan_backfill(windows, BackfillOptions())
    await world.sql("DELETE FROM sessions WHERE id = %s", session)
    await world.drain()
    async with sweep_route(world) as route:
        await swept(route)
        assert fates(await swept(route), Kind.TOMBSTONE) == [Fate.HELD_BACK]
        await world.sql("UPDATE crossfade.backfill_window SET is_done = true")
        assert fates(await swept(route), Kind.TOMBSTONE) == [Fate.REMOVED]


async def test_a_row_that_comes_back_has_a_version_above_its_removed_tombstone(
    world: World,
) -> None:
    session = await one_session(world)
    (before,) = [item for item in items(world) if item.get("id", {}).get("S") == session]
    await world.sql("CREATE TABLE kept AS SELECT * FROM sessions")
    await delete(world, session)
    async with sweep_route(world) as route:
        await swept(route)
        await swept(route)
    columns = "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns "
    ((names,),) = await world.sql(
        columns + "WHERE table_name = 'sessions' AND is_generated = 'NEVER'"
    )
    await world.sql(f"INSERT INTO sessions ({names}) SELECT {names} FROM kept")
    await world.assert_equal()
    (after,) = [item for item in items(world) if item.get("id", {}).get("S") == session]
    assert int(after["cf_v"]["N"]) > int(before["cf_v"]["N"]) + 1


async def test_a_row_inserted_again_right_before_the_removal_keeps_its_item(world: World) -> None:
    """The tombstone was chosen; then the row came back and was delivered."""
    session = await one_session(world)
    await world.sql("CREATE TABLE kept AS SELECT * FROM sessions")
    await delete(world, session)

    class Late:
        def __init__(self, cemetery: Any) -> None:
            self._cemetery = cemetery

        async def remove_tombstone(self, key: Any, version: int) -> bool:
            ((names,),) = await world.sql(
                "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns "
                "WHERE table_name = 'sessions' AND is_generated = 'NEVER'"
            )
            await world.sql(f"INSERT INTO sessions ({names}) SELECT {names} FROM kept")
            await world.drain()
            return bool(await self._cemetery.remove_tombstone(key, version))

    async with sweep_route(world) as route:
        await swept(route)
        late = replace(route, cemetery=Late(route.cemetery))
        assert fates(await swept(late), Kind.TOMBSTONE) == [Fate.KEPT]
    await world.assert_equal()


async def test_an_object_is_not_removed_while_named(world: World) -> None:
    """Its content comes back: A, then B, then A again, with a sweep in between."""
    session = await one_session(world, FIRST)
    await say(world, session, SECOND)
    await world.drain()
    async with sweep_route(world) as route:
        assert fates(await swept(route), Kind.OBJECT) == [Fate.NOTED]
        await say(world, session, FIRST)
        await world.drain()
        assert fates(await swept(route), Kind.OBJECT) == [Fate.NOTED], "that of B, not that of A"
        await say(world, session, SECOND)
        await world.drain()
        assert fates(await swept(route), Kind.OBJECT) == [Fate.NOTED], "A was needed in between"
    await world.assert_equal()


async def test_an_object_that_an_item_still_names_stays(world: World) -> None:
    """The row has changed, and its delivery has not arrived."""
    session = await one_session(world, FIRST)
    async with sweep_route(world) as route:
        await world.dynamo.refuse()
        await say(world, session, SECOND)
        await world.sql("UPDATE crossfade.ledger SET acked = version, dirty_since = NULL")
        await world.dynamo.accept()
        assert fates(await swept(route), Kind.OBJECT) == []
    assert len(objects(world)) == 1


async def test_while_a_change_is_on_its_way_no_object_of_its_row_is_noted(world: World) -> None:
    """A delivery may have stored one that it is about to name."""
    session = await one_session(world, FIRST)
    await world.migration.objects.put_text("transcripts", session, "stored by a delivery")
    await world.sql("UPDATE sessions SET name = 'Two' WHERE id = %s", session)
    async with sweep_route(world) as route:
        assert fates(await swept(route), Kind.OBJECT) == []
        await world.drain()
        assert fates(await swept(route), Kind.OBJECT) == [Fate.NOTED]


async def test_an_object_needed_again_while_it_is_removed_is_stored_again(world: World) -> None:
    """A delivery found it standing, right before it was removed."""
    session = await one_session(world, FIRST)
    await say(world, session, SECOND)
    await world.drain()

    class Late:
        def __init__(self, attic: Any) -> None:
            self._attic = attic

        def __getattr__(self, name: str) -> Any:
            return getattr(self._attic, name)

        async def remove(self, object_key: str) -> None:
            await say(world, session, FIRST)
            await world.drain()
            await self._attic.remove(object_key)

    async with sweep_route(world) as route:
        await swept(route)
        await swept(replace(route, attic=Late(route.attic)))
    await world.assert_equal()


async def test_a_late_memory_of_a_removed_object_is_mended_by_the_next_sweep(world: World) -> None:
    """An upload before the removal is remembered after it; then the row needs the object."""
    session = await one_session(world, FIRST)
    await say(world, session, SECOND)
    await world.drain()
    remembered = await world.sql(
        "SELECT object_key, entity, row_id, size_bytes FROM crossfade.object"
    )
    async with sweep_route(world) as route:
        await swept(route)
        await swept(route)
        for row in remembered:
            await world.sql(
                "INSERT INTO crossfade.object (object_key, entity, row_id, size_bytes) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                *row,
            )
        await say(world, session, FIRST)
        await world.drain()
        assert not (await world.audit()).is_clean, "the pointer leads nowhere"
        await swept(route)
    await world.assert_equal()


async def test_sweeps_race_with_writers_who_delete_and_insert_again(world: World) -> None:
    done = asyncio.Event()
    await world.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "SELECT gen_random_uuid(), %s, 'c' || n, 'Many', now() FROM generate_series(1, 8) AS n",
        world.user_id,
    )
    await world.sql(
        "CREATE TABLE kept AS SELECT id, user_id, slug, name, updated_at FROM campaigns"
    )

    async def write() -> None:
        for _ in range(25):
            await world.sql("DELETE FROM campaigns WHERE random() < 0.5")
            await world.sql(
                "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
                "SELECT * FROM kept WHERE random() < 0.5 ON CONFLICT DO NOTHING"
            )
            await world.migration.relay_step()
        done.set()

    async def clean(route: sweep.Route) -> None:
        while not done.is_set():
            await swept(route)

    async with sweep_route(world) as route:
        await asyncio.gather(write(), clean(route))
    await world.assert_equal()


POINTS = [
    ("graves", "page"),
    ("graves", "note"),
    ("cemetery", "remove_tombstone"),
    ("graves", "close"),
    ("attic", "names"),
    ("orphans", "look"),
    ("orphans", "note"),
    ("orphans", "condemn"),
    ("uploads", "forget"),
    ("attic", "remove"),
    ("orphans", "release"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("port", "method"), POINTS)
async def test_a_sweep_that_ends_at_any_point_is_finished_by_the_next(
    world: World, port: str, method: str, *, after: bool
) -> None:
    kept = await one_session(world, SECOND)
    await delete(world, await one_session(world, FIRST))
    async with sweep_route(world) as route:
        if (port, method) not in {("graves", "note"), ("orphans", "note")}:
            await swept(route)
        killing = deadly_port(getattr(route, port), method, after=after)
        with suppress(Killed):
            await swept(replace(route, **{port: killing}))
            pytest.fail("the sweep was not ended")
        await swept(route)
        await swept(route)
    assert not [item for item in items(world) if "cf_deleted" in item]
    assert [name.split("/")[1] for name in objects(world)] == [kept]
    await world.assert_equal()
