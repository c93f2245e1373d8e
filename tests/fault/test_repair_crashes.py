"""`crossfade repair` and `crossfade sweep`, killed at a step and stopped: the next run finishes."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest

from campaigns.actions import create_session, save_transcript
from campaigns.inputs import NewSession, TranscriptChanges
from crossfade.testing import Hold, Rule
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.product import RunningProduct
from support.kill import start, start_doomed
from support.repairs import find, open_findings, repair_page, repair_route, sweep_route, swept

REPAIR = ("crossfade.cli.commands.repair", "open_repair")
SWEEP = ("crossfade.cli.commands.sweep", "open_sweep")

WEEK_SECONDS = 7 * 86_400.0

REPAIR_STEPS = [
    ("source.fetch", "after"),
    ("objects.discard_damaged", "after"),
    ("uploads.forget", "after"),
    ("mark", "after"),
    ("deliver", "after"),
    ("findings.close", "before"),
    ("findings.close", "after"),
]
SWEEP_STEPS = [
    ("tombstones.note", "after"),
    ("items.remove_tombstone", "after"),
    ("tombstones.close", "after"),
    ("orphans.note", "after"),
    ("orphans.mark_for_removal", "after"),
    ("uploads.forget", "after"),
    ("objects.remove", "after"),
]
FIRST_SWEEP = {"tombstones.note", "orphans.note"}
"""Steps that a sweep makes when it sees things for the first time."""


async def output_of(product: RunningProduct, *command: str) -> Any:
    """Run a command to its end; what it says as JSON."""
    process = await start(product, *command, "--json", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(output)


@pytest.mark.parametrize(("step", "moment"), REPAIR_STEPS)
async def test_a_killed_repair_is_finished_by_the_next(
    product: RunningProduct, step: str, moment: str
) -> None:
    await furnish(product)
    damage = (Corruption.WRONG_OBJECT, Corruption.EXTRA_ITEM)
    await find(product, *(key for one in await inject(product, *damage) for key in one.keys))
    doomed = await start_doomed(product, REPAIR, step, moment, "repair")
    assert await doomed.wait() == -signal.SIGKILL
    async with repair_route(product) as route:
        await repair_page(route, after=0, findings_max=50)
    assert await open_findings(product) == 0
    await product.assert_equal()


async def leave_behind(product: RunningProduct) -> None:
    """Make a tombstone and an object that are not needed, beside some that are."""
    for name in ("Kept", "Doomed"):
        session = await create_session(product.app, product.user_id, NewSession(name=name))
        changes = TranscriptChanges(expected_revision=session.revision, text=f"[Brin] {name}. " * 9)
        await save_transcript(product.app, product.user_id, session.id, changes)
    await product.drain()
    await product.sql("DELETE FROM sessions WHERE name = 'Doomed'")
    await product.drain()


async def let_a_week_pass(product: RunningProduct) -> None:
    for table in ("grave", "orphan"):
        await product.sql(f"UPDATE crossfade.{table} SET seen_at = seen_at - interval '8 days'")


@pytest.mark.parametrize(("step", "moment"), SWEEP_STEPS)
async def test_a_killed_sweep_is_finished_by_the_next(
    product: RunningProduct, step: str, moment: str
) -> None:
    await leave_behind(product)
    async with sweep_route(product, WEEK_SECONDS) as route:
        if step not in FIRST_SWEEP:
            await swept(route)
            await let_a_week_pass(product)
        doomed = await start_doomed(product, SWEEP, step, moment, "sweep")
        assert await doomed.wait() == -signal.SIGKILL
        await swept(route)
        await let_a_week_pass(product)
        await swept(route)
    listed = product.stores.s3.list_objects_v2(Bucket=product.stores.bucket)["Contents"]
    found = product.stores.dynamodb.scan(TableName=product.stores.table_name)["Items"]
    assert len(listed) == 1
    assert not [item for item in found if "cf_deleted" in item]
    await product.assert_equal()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_stopped_repair_ends_after_its_step_and_says_what_it_did(
    product: RunningProduct, number: signal.Signals
) -> None:
    """One step takes 50 findings; there are more."""
    await product.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "SELECT gen_random_uuid(), %s, 'c' || n, 'Many', now() FROM generate_series(1, 60) AS n",
        product.user_id,
    )
    await product.drain()
    await product.sql(
        "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
        "SELECT entity, key, 'drift_differs', 'none', 1, 1 FROM crossfade.ledger "
        "WHERE entity = 'campaign'"
    )
    held = Hold()
    product.dynamo.add(Rule(held, operation="PutItem"))
    process = await start(
        product,
        "repair",
        "--json",
        stdout=asyncio.subprocess.PIPE,
        variables={"CROSSFADE_TARGET_TIMEOUT_SECONDS": "60"},
    )
    await product.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) > 0)
    process.send_signal(number)
    product.dynamo.clear()
    held.until.set()
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert json.loads(output)["counts"] == {"closed": 50, "open": 0, "planned": 0, "left_out": 0}
    assert await open_findings(product) == 10
    assert (await output_of(product, "repair"))["counts"]["closed"] == 10
    await product.assert_equal()
