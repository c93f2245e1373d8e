"""A process may end at any point: what it had not acknowledged is delivered by the next one."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from campaigns.actions import create_campaign, create_session, delete_campaign, save_transcript
from campaigns.inputs import NewCampaign, NewSession, TranscriptChanges
from crossfade.mapping.state import AckReport, Outcome
from crossfade.relay import delivery
from crossfade.testing import Hold, Rule
from support.engines.world import World
from support.kill import Killed, deadly_port, start

TEXT = "[Cato] Nobody heard the bell."


async def change_everything(world: World) -> None:
    """Leave a new row, a changed one, a move, a delete and a transcript behind, all dirty."""
    campaign = await create_campaign(world.app, world.user_id, NewCampaign(name="Bells"))
    session = await create_session(
        world.app, world.user_id, NewSession(name="One", campaign_id=campaign.id)
    )
    await save_transcript(
        world.app,
        world.user_id,
        session.id,
        TranscriptChanges(expected_revision=session.revision, text=TEXT),
    )
    doomed = await create_campaign(world.app, world.user_id, NewCampaign(name="Doomed"))
    await create_session(world.app, world.user_id, NewSession(name="Two", campaign_id=doomed.id))
    await delete_campaign(world.app, world.user_id, doomed.id)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("port", "method"),
    [
        ("feed", "due"),
        ("source", "fetch"),
        ("source", "body"),
        ("objects", "put"),
        ("feed", "remember"),
        ("target", "put"),
        ("feed", "ack"),
    ],
)
async def test_a_relay_that_ends_at_any_point_loses_nothing(
    world: World, port: str, method: str, *, after: bool
) -> None:
    await world.dynamo.refuse()
    await world.s3.refuse()
    await change_everything(world)
    assert await world.migration.fast_path.drain(60)
    await world.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
    await world.dynamo.accept()
    await world.s3.accept()
    route = world.migration.route
    ports: dict[str, Any] = {port: deadly_port(getattr(route, port), method, after=after)}
    with pytest.raises(Killed):
        await steps(replace(route, **ports))
    await world.assert_equal()


async def test_a_process_killed_between_commit_and_push_loses_nothing(world: World) -> None:
    """The row is committed, the process is gone; the ledger tells the relay."""
    program = f"""
import asyncio, os, signal
from campaigns.actions import create_campaign
from campaigns.app import open_app
from campaigns.inputs import NewCampaign

async def die(entity, /, *key, wait=False):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with open_app({world.direct.dsn!r}, die) as app:
        await create_campaign(app, {world.user_id!r}, NewCampaign(name="Last words"))

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == -signal.SIGKILL
    ((name,),) = await world.sql("SELECT name FROM campaigns")
    assert name == "Last words"
    assert await world.dirty() > 0
    await world.assert_equal()


async def test_a_killed_relay_process_is_replaced_by_another(world: World) -> None:
    """Killed while a delivery is under way; a second one finishes."""
    held = Hold()
    world.dynamo.add(Rule(held, operation="PutItem"))
    await world.sql(
        "INSERT INTO campaigns (user_id, slug, name, updated_at) "
        "SELECT %s, 'c' || n, 'Many', now() FROM generate_series(1, 300) AS n",
        world.user_id,
    )
    first = await start_relay(world)
    await world.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) > 0)
    first.kill()
    await first.wait()
    world.dynamo.clear()
    held.until.set()
    assert await world.dirty() > 0
    second = await start_relay(world, "--until-clean")
    assert await second.wait() == 0
    await world.assert_equal()


async def test_a_relay_told_to_end_ends_in_order(world: World) -> None:
    process = await start_relay(world)
    await world.sql("UPDATE users SET name = 'Cato'")
    async with asyncio.timeout(180):
        while await world.dirty():  # noqa: ASYNC110 - the relay is another process
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    await world.assert_equal()


async def test_a_relay_stopped_before_all_is_delivered_says_so(world: World) -> None:
    held = Hold()
    world.dynamo.add(Rule(held, operation="PutItem"))
    await world.sql("UPDATE users SET name = 'Cato'")
    process = await start_relay(world, "--until-clean")
    await world.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) > 0)
    process.send_signal(signal.SIGTERM)
    world.dynamo.clear()
    held.until.set()
    assert await process.wait() == 130
    assert await (await start_relay(world, "--until-clean")).wait() == 0
    await world.assert_equal()


async def test_relays_side_by_side_share_the_work(world: World) -> None:
    """Two processes, one backlog; nothing is lost or left."""
    await world.sql(
        "INSERT INTO campaigns (user_id, slug, name, updated_at) "
        "SELECT %s, 'c' || n, 'Many', now() FROM generate_series(1, 500) AS n",
        world.user_id,
    )
    relays = [await start_relay(world) for _ in range(2)]
    async with asyncio.timeout(180):
        while await world.dirty():  # noqa: ASYNC110 - the relays are other processes
            await asyncio.sleep(0.05)
    for process in relays:
        process.terminate()
        assert await process.wait() == 0
    await world.assert_equal()


async def test_an_acknowledgement_that_comes_late_does_not_hide_a_newer_write(
    world: World,
) -> None:
    """The row changes between delivery and acknowledgement."""

    class Late:
        def __init__(self, feed: Any) -> None:
            self._feed = feed

        def __getattr__(self, name: str) -> Any:
            return getattr(self._feed, name)

        async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
            await world.sql("UPDATE users SET name = 'Newer'")
            report: AckReport = await self._feed.ack(outcomes)
            return report

    await world.drain()
    await world.sql("UPDATE users SET name = 'Older'")
    route = replace(world.migration.route, feed=Late(world.migration.route.feed))
    await delivery.step(route, keys_max=10)
    assert await world.dirty() == 1
    await world.assert_equal()


async def steps(route: delivery.Route) -> None:
    """Take steps until one ends the process."""
    async with asyncio.timeout(180):
        while True:
            await delivery.step(route, keys_max=100)


async def start_relay(world: World, *arguments: str) -> asyncio.subprocess.Process:
    """Start `crossfade relay` as a process of its own."""
    return await start(world, "relay", *arguments, variables={"CROSSFADE_RELAY_GRACE_SECONDS": "0"})
