"""`crossfade repair` and `crossfade sweep`, killed at a step and stopped: the next run finishes."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest

from campaigns.actions import create_session, save_transcript
from campaigns.inputs import NewSession, TranscriptChanges
from crossfade.repair import repair
from crossfade.testing import Hold, Rule
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.world import World
from support.kill import start, start_doomed
from support.repairs import find, open_findings, repair_route, sweep_route, swept

REPAIR = ("crossfade.cli.commands.repair", "open_repair")
SWEEP = ("crossfade.cli.commands.sweep", "open_sweep")

WEEK_SECONDS = 7 * 86_400.0

REPAIR_STEPS = [
    ("source.fetch", "after"),
    ("shelf.discard_damaged", "after"),
    ("uploads.forget", "after"),
    ("mark", "after"),
    ("deliver", "after"),
    ("findings.close", "before"),
    ("findings.close", "after"),
]
SWEEP_STEPS = [
    ("graves.note", "after"),
    ("cemetery.remove_tombstone", "after"),
    ("graves.close", "after"),
    ("orphans.note", "after"),
    ("orphans.condemn", "after"),
    ("uploads.forget", "after"),
    ("attic.remove", "after"),
]
FIRST_SWEEP = {"graves.note", "orphans.note"}
"""Steps that a sweep makes when it sees things for the first time."""


async def told(world: World, *command: str) -> Any:
    """Run a command to its end; what it says as JSON."""
    process = await start(world, *command, "--json", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(output)


@pytest.mark.parametrize(("step", "moment"), REPAIR_STEPS)
async def test_a_killed_repair_is_finished_by_the_next(
    world: World, step: str, moment: str
) -> None:
    await furnish(world)
    damage = (Corruption.WRONG_OBJECT, Corruption.EXTRA_ITEM)
    await find(world, *(key for one in await inject(world, *damage) for key in one.keys))
    doomed = await start_doomed(world, REPAIR, step, moment, "repair")
    assert await doomed.wait() == -signal.SIGKILL
    async with repair_route(world) as route:
        await repair.step(route, after=0, findings_max=50)
    assert await open_findings(world) == 0
    await world.assert_equal()


async def leave_behind(world: World) -> None:
    """Make a tombstone and an object that nobody needs, beside some that are needed."""
    for name in ("Kept", "Doomed"):
        session = await create_session(world.app, world.user_id, NewSession(name=name))
        changes = TranscriptChanges(expected_revision=session.revision, text=f"[Brin] {name}. " * 9)
        await save_transcript(world.app, world.user_id, session.id, changes)
    await world.drain()
    await world.sql("DELETE FROM sessions WHERE name = 'Doomed'")
    await world.drain()


async def let_a_week_pass(world: World) -> None:
    for table in ("grave", "orphan"):
        await world.sql(f"UPDATE crossfade.{table} SET seen_at = seen_at - interval '8 days'")


@pytest.mark.parametrize(("step", "moment"), SWEEP_STEPS)
async def test_a_killed_sweep_is_finished_by_the_next(world: World, step: str, moment: str) -> None:
    await leave_behind(world)
    async with sweep_route(world, WEEK_SECONDS) as route:
        if step not in FIRST_SWEEP:
            await swept(route)
            await let_a_week_pass(world)
        doomed = await start_doomed(world, SWEEP, step, moment, "sweep")
        assert await doomed.wait() == -signal.SIGKILL
        await swept(route)
        await let_a_week_pass(world)
        await swept(route)
    listed = world.stores.s3.list_objects_v2(Bucket=world.stores.bucket)["Contents"]
    found = world.stores.dynamodb.scan(TableName=world.stores.table_name)["Items"]
    assert len(listed) == 1
    assert not [item for item in found if "cf_deleted" in item]
    await world.assert_equal()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_stopped_repair_ends_after_its_step_and_says_what_it_did(
    world: World, number: signal.Signals
) -> None:
    """One step takes 50 findings; there are more."""
    await world.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "SELECT gen_random_uuid(), %s, 'c' || n, 'Many', now() FROM generate_series(1, 60) AS n",
        world.user_id,
    )
    await world.drain()
    await world.sql(
        "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
        "SELECT entity, key, 'drift_differs', 'none', 1, 1 FROM crossfade.ledger "
        "WHERE entity = 'campaign'"
    )
    held = Hold()
    world.dynamo.add(Rule(held, operation="PutItem"))
    process = await start(
        world,
        "repair",
        "--json",
        stdout=asyncio.subprocess.PIPE,
        variables={"CROSSFADE_TARGET_TIMEOUT_SECONDS": "60"},
    )
    await world.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) > 0)
    process.send_signal(number)
    world.dynamo.clear()
    held.until.set()
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert json.loads(output)["counts"] == {"closed": 50, "open": 0, "planned": 0, "left_out": 0}
    assert await open_findings(world) == 10
    assert (await told(world, "repair"))["counts"]["closed"] == 10
    await world.assert_equal()
