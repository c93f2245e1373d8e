"""Every class of corruption, done to real stores: the independent audit sees each of them."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from campaigns.actions import (
    create_campaign,
    create_session,
    delete_campaign,
    save_transcript,
)
from campaigns.inputs import NewCampaign, NewSession, TranscriptChanges
from campaigns.mapping import APPLICATION
from crossfade.testing.corruption import Corruption, Injected, corrupt
from engines.world import World

OBJECTS = frozenset(
    {
        Corruption.WRONG_POINTER,
        Corruption.OLD_POINTER,
        Corruption.MISSING_OBJECT,
        Corruption.TRUNCATED_OBJECT,
        Corruption.WRONG_OBJECT,
    }
)
MISSING = frozenset(
    {
        Corruption.LOST_ITEM,
        Corruption.BOUNDARY_ROWS,
        Corruption.SKIPPED_WINDOW,
        Corruption.TOMBSTONE_OVER_ROW,
    }
)
EXTRA = frozenset({Corruption.LOST_DELETE, Corruption.EXTRA_ITEM})


async def furnish(world: World) -> None:
    """Make rows that offer something to every class, and a tombstone."""
    for number in range(3):
        campaign = await create_campaign(
            world.app, world.user_id, NewCampaign(name=f"Low tide {number}", tags=["one", "two"])
        )
        session = await create_session(
            world.app,
            world.user_id,
            NewSession(name=f"Session {number}", campaign_id=campaign.id),
        )
        text = f"[Brin] Hello number {number}? " * 50
        changes = TranscriptChanges(expected_revision=session.revision, text=text)
        await save_transcript(world.app, world.user_id, session.id, changes)
    doomed = await create_campaign(world.app, world.user_id, NewCampaign(name="Doomed"))
    await world.drain()
    await delete_campaign(world.app, world.user_id, doomed.id)
    await world.assert_equal()


async def inject(
    world: World, *corruptions: Corruption, seed: int = 7, count: int = 1
) -> tuple[Injected, ...]:
    """Damage the world's stores."""
    work = partial(corrupt, world.stores, APPLICATION.mappings, corruptions, seed=seed, count=count)
    return await asyncio.to_thread(work)


def kind_of(corruption: Corruption) -> str:
    if corruption in MISSING:
        return "missing"
    return "extra" if corruption in EXTRA else "different"


# The audit takes a number kept as text for the same: a mapping may choose either.
@pytest.mark.parametrize(
    "corruption", [one for one in Corruption if one is not Corruption.CHANGED_TYPE]
)
async def test_a_corruption_is_seen_by_the_audit(world: World, corruption: Corruption) -> None:
    await furnish(world)
    (injected,) = await inject(world, corruption)
    assert await world.dirty() == 0, "the ledger knows of it"
    result = await world.audit()
    assert not result.is_clean
    found = [finding for finding in result.findings if finding.kind == kind_of(corruption)]
    if corruption is not Corruption.WRONG_IDENTIFIERS:
        assert len(found) == len(result.findings) == len(injected.keys)
    if corruption in OBJECTS:
        assert found[0].fields[0].endswith("StorageKey")


async def test_no_key_suffers_twice(world: World) -> None:
    await furnish(world)
    done = await inject(world, *Corruption, seed=3)
    keys = [key for injected in done for key in injected.keys]
    assert len(keys) == len(set(keys))


async def test_a_class_that_finds_no_victim_is_left_out(world: World) -> None:
    await world.drain()
    assert await inject(world, Corruption.MISSING_OBJECT) == ()


async def test_the_capture_goes_on_after_a_change_behind_it(world: World) -> None:
    await furnish(world)
    (injected,) = await inject(world, Corruption.UNCAPTURED_CHANGE)
    assert await world.dirty() == 0
    table = next(one.table for one in APPLICATION.mappings if one.name == injected.entity)
    column = APPLICATION.by_name[injected.entity].primary_key[0]
    await world.sql(f"UPDATE {table} SET {column} = {column}")
    await world.assert_equal()
