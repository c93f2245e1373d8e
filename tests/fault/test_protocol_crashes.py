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
from support.engines.product import RunningProduct
from support.kill import Killed, deadly_port, start

TEXT = "[Cato] Nobody heard the bell."


async def change_everything(product: RunningProduct) -> None:
    """Leave a new row, a changed one, a move, a delete and a transcript behind, all dirty."""
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Bells"))
    session = await create_session(
        product.app, product.user_id, NewSession(name="One", campaign_id=campaign.id)
    )
    await save_transcript(
        product.app,
        product.user_id,
        session.id,
        TranscriptChanges(expected_revision=session.revision, text=TEXT),
    )
    doomed = await create_campaign(product.app, product.user_id, NewCampaign(name="Doomed"))
    await create_session(
        product.app, product.user_id, NewSession(name="Two", campaign_id=doomed.id)
    )
    await delete_campaign(product.app, product.user_id, doomed.id)


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
    product: RunningProduct, port: str, method: str, *, after: bool
) -> None:
    await product.dynamo.refuse()
    await product.s3.refuse()
    await change_everything(product)
    assert await product.migration.fast_path.drain(60)
    await product.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
    await product.dynamo.accept()
    await product.s3.accept()
    route = product.migration.route
    ports: dict[str, Any] = {port: deadly_port(getattr(route, port), method, after=after)}
    with pytest.raises(Killed):
        await steps(replace(route, **ports))
    await product.assert_equal()


async def test_a_process_killed_between_commit_and_push_loses_nothing(
    product: RunningProduct,
) -> None:
    """The row is committed, the process is gone; the relay finds the row in the ledger."""
    program = f"""
import asyncio, os, signal
from campaigns.actions import create_campaign
from campaigns.app import open_app
from campaigns.inputs import NewCampaign

async def die(entity, /, *key, wait=False):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with open_app({product.direct.dsn!r}, die) as app:
        await create_campaign(app, {product.user_id!r}, NewCampaign(name="Last words"))

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == -signal.SIGKILL
    ((name,),) = await product.sql("SELECT name FROM campaigns")
    assert name == "Last words"
    assert await product.dirty() > 0
    await product.assert_equal()


async def test_a_killed_relay_process_is_replaced_by_another(product: RunningProduct) -> None:
    """Killed while a delivery is under way; a second one finishes."""
    held = Hold()
    product.dynamo.add(Rule(held, operation="PutItem"))
    await product.sql(
        "INSERT INTO campaigns (user_id, slug, name, updated_at) "
        "SELECT %s, 'c' || n, 'Many', now() FROM generate_series(1, 300) AS n",
        product.user_id,
    )
    first = await start_relay(product)
    await product.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) > 0)
    first.kill()
    await first.wait()
    product.dynamo.clear()
    held.until.set()
    assert await product.dirty() > 0
    second = await start_relay(product, "--until-clean")
    assert await second.wait() == 0
    await product.assert_equal()


async def test_a_relay_ends_in_order_on_a_signal(product: RunningProduct) -> None:
    process = await start_relay(product)
    await product.sql("UPDATE users SET name = 'Cato'")
    async with asyncio.timeout(180):
        while await product.dirty():  # noqa: ASYNC110 - the relay is another process
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    await product.assert_equal()


async def test_a_relay_stopped_before_all_is_delivered_says_so(product: RunningProduct) -> None:
    held = Hold()
    product.dynamo.add(Rule(held, operation="PutItem"))
    await product.sql("UPDATE users SET name = 'Cato'")
    process = await start_relay(product, "--until-clean")
    await product.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) > 0)
    process.send_signal(signal.SIGTERM)
    product.dynamo.clear()
    held.until.set()
    assert await process.wait() == 130
    assert await (await start_relay(product, "--until-clean")).wait() == 0
    await product.assert_equal()


async def test_relays_side_by_side_share_the_work(product: RunningProduct) -> None:
    """Two processes, one backlog; nothing is lost or left."""
    await product.sql(
        "INSERT INTO campaigns (user_id, slug, name, updated_at) "
        "SELECT %s, 'c' || n, 'Many', now() FROM generate_series(1, 500) AS n",
        product.user_id,
    )
    relays = [await start_relay(product) for _ in range(2)]
    async with asyncio.timeout(180):
        while await product.dirty():  # noqa: ASYNC110 - the relays are other processes
            await asyncio.sleep(0.05)
    for process in relays:
        process.terminate()
        assert await process.wait() == 0
    await product.assert_equal()


async def test_an_acknowledgement_that_comes_late_does_not_hide_a_newer_write(
    product: RunningProduct,
) -> None:
    """The row changes between delivery and acknowledgement."""

    class Late:
        def __init__(self, feed: Any) -> None:
            self._feed = feed

        def __getattr__(self, name: str) -> Any:
            return getattr(self._feed, name)

        async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
            await product.sql("UPDATE users SET name = 'Newer'")
            report: AckReport = await self._feed.ack(outcomes)
            return report

    await product.drain()
    await product.sql("UPDATE users SET name = 'Older'")
    route = replace(product.migration.route, feed=Late(product.migration.route.feed))
    await delivery.step(route, keys_max=10)
    assert await product.dirty() == 1
    await product.assert_equal()


async def steps(route: delivery.Route) -> None:
    """Take steps until one ends the process."""
    async with asyncio.timeout(180):
        while True:
            await delivery.step(route, keys_max=100)


async def start_relay(product: RunningProduct, *arguments: str) -> asyncio.subprocess.Process:
    """Start `crossfade relay` as a separate process."""
    return await start(
        product, "relay", *arguments, variables={"CROSSFADE_RELAY_GRACE_SECONDS": "0"}
    )
