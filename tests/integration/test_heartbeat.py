"""The heartbeats of processes, and the canary, past failures and kills."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from psycopg_pool import AsyncConnectionPool

from campaigns.actions import create_campaign
from campaigns.inputs import NewCampaign
from campaigns.mapping import APPLICATION
from crossfade.errors import NoSuchStore, TimedOut
from crossfade.events import BreakerOpened, LoopFailed, PushFailed
from crossfade.mapping.state import Key
from crossfade.postgres import open_pool, status, uninstall
from crossfade.runtime.heartbeat import open_heartbeat
from crossfade.runtime.migration import Migration, open_migration
from crossfade.runtime.operator import open_worker
from crossfade.runtime.verification import open_verifier
from crossfade.testing import Rule, ServerError
from support.cancellation import SwallowsCancel
from support.engines.product import RunningProduct

SECONDS_MAX = 60.0
OFTEN = {"pulse_seconds": 0.1, "canary_seconds": 0.1}
CANARY_KEY = {"pk": {"S": "CROSSFADE#canary"}, "sk": {"S": "CANARY"}}


@asynccontextmanager
async def telling(product: RunningProduct, **overrides: float) -> AsyncIterator[Migration]:
    """A process with frequent heartbeats."""
    settings = product.settings.model_copy(update={**OFTEN, **overrides})
    product.events.clear()
    async with open_migration(settings, APPLICATION, product.events.append) as migration:
        yield migration


@asynccontextmanager
async def relaying(product: RunningProduct, **overrides: float) -> AsyncIterator[Migration]:
    """A process with frequent heartbeats that relays."""
    stop = asyncio.Event()
    async with telling(product, **overrides) as migration:
        relay = asyncio.create_task(migration.run_relay(stop))
        try:
            yield migration
        finally:
            stop.set()
            await relay


async def until(product: RunningProduct, statement: str, holds: Callable[[Any], bool]) -> Any:
    """Ask again until the only value holds."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            rows = await product.sql(statement)
            if rows and holds(rows[0][0]):
                return rows[0][0]
            await asyncio.sleep(0.05)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not await holds():  # noqa: ASYNC110 - another process makes it hold
            await asyncio.sleep(0.05)


async def test_a_process_reports_what_it_does_until_it_ends(product: RunningProduct) -> None:
    async with relaying(product):
        jobs = await until(product, "SELECT jobs FROM crossfade.process", lambda one: len(one) == 2)
        assert jobs == ["push", "relay"]
        assert await product.sql("SELECT relays FROM crossfade.pulse") == [(1,)]
    assert await product.sql("SELECT * FROM crossfade.process") == []
    async with open_verifier(
        product.settings.model_copy(update=OFTEN), APPLICATION.mappings, product.events.append
    ):
        await until(product, "SELECT jobs FROM crossfade.process", lambda one: one == ["verify"])


async def test_a_worker_reports_that_it_waits_for_requests(product: RunningProduct) -> None:
    settings = product.settings.model_copy(update=OFTEN)
    async with open_worker(settings, APPLICATION, product.events.append):
        await until(product, "SELECT jobs FROM crossfade.process", lambda one: one == ["work"])
    assert await product.sql("SELECT * FROM crossfade.process") == []


async def test_a_killed_process_is_silent(product: RunningProduct) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": product.direct.dsn,
        "DYNAMODB_TABLE_NAME": product.settings.dynamodb_table_name,
        "S3_BUCKET_NAME": product.settings.s3_bucket_name,
        "AWS_REGION": product.settings.aws_region,
        "AWS_ENDPOINT_URL_DYNAMODB": str(product.settings.aws_endpoint_url_dynamodb),
        "AWS_ENDPOINT_URL_S3": str(product.settings.aws_endpoint_url_s3),
        "CROSSFADE_PULSE_SECONDS": "0.2",
        "CROSSFADE_CANARY_SECONDS": "0",
    }
    relay = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crossfade.cli", "relay", env=environment
    )
    try:
        await until(product, "SELECT relays FROM crossfade.pulse", lambda relays: relays == 1)
        relay.send_signal(signal.SIGKILL)
        await relay.wait()
        await until(product, "SELECT relays FROM crossfade.pulse", lambda relays: relays == 0)
        assert len(await product.sql("SELECT * FROM crossfade.process")) == 1
    finally:
        if relay.returncode is None:
            relay.kill()
            await relay.wait()
    await product.sql("UPDATE crossfade.process SET seen_at = now() - interval '2 hours'")
    async with telling(product):
        await until(product, "SELECT jobs FROM crossfade.process", lambda one: one == ["push"])


async def test_failures_are_counted_by_minute_and_class(product: RunningProduct) -> None:
    """Not one is lost or counted twice, though the process ends between two turns."""
    await product.drain()
    await product.sql("UPDATE users SET name = 'Fails'")
    product.dynamo.add(Rule(ServerError(), operation="PutItem"))
    async with relaying(product, canary_seconds=0.0):
        await eventually(lambda: said(product, BreakerOpened))
        stores = "SELECT stores_open FROM crossfade.process"
        await until(product, stores, lambda left_alone: left_alone == ["dynamodb"])
    expected = Counter(
        (event.key.entity, event.error.__name__)
        for event in product.events
        if isinstance(event, PushFailed)
    )
    rows = await product.sql(
        "SELECT entity, error, sum(failures)::bigint FROM crossfade.failure_minute"
        " GROUP BY entity, error"
    )
    assert {(entity, error): times for entity, error, times in rows} == expected
    assert expected["user", "ServerFault"] >= product.settings.breaker_failures_max
    product.dynamo.clear()


async def said(product: RunningProduct, kind: type[Any]) -> bool:
    return bool(product.observed(kind))


async def test_nothing_waits_for_it_and_nothing_fails_by_it(product: RunningProduct) -> None:
    """The tables of its heartbeat are gone; writes are delivered all the same."""
    await product.sql(
        "DROP TABLE crossfade.process, crossfade.failure_minute, crossfade.lag_sample CASCADE"
    )
    async with telling(product) as migration:
        campaign = await create_campaign(
            product.app, product.user_id, NewCampaign(name="Delivered")
        )
        assert await migration.push("campaign", campaign.id, wait=True)
        await eventually(lambda: said(product, LoopFailed))
    failed = [event for event in product.events if isinstance(event, LoopFailed)]
    assert {(event.loop, event.error) for event in failed} == {("heartbeat", NoSuchStore)}


async def test_a_process_ends_though_its_pulse_swallows_a_cancellation(
    product: RunningProduct,
) -> None:
    settings = product.settings.model_copy(update=OFTEN)
    async with asyncio.timeout(SECONDS_MAX), open_pool(product.direct.dsn) as pool:
        swallowing = SwallowingPool(pool)
        async with open_heartbeat(settings, cast("Any", swallowing), product.events.append):
            await swallowing.inner.waits.wait()
    assert await product.sql("SELECT * FROM crossfade.process") == []


class SwallowingPool:
    """A pool that swallows the cancellation of the first task that waits for a connection."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self.inner = SwallowsCancel(pool, "getconn")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        connection = await self.inner.getconn()
        try:
            yield connection
        finally:
            await self.inner.putconn(connection)


async def test_failures_survive_a_database_that_is_away(product: RunningProduct) -> None:
    async with telling(product) as migration:
        await until(product, "SELECT count(*) FROM crossfade.process", lambda rows: rows == 1)
        migration.heartbeat.observe(
            PushFailed(key=Key("campaign", ("1", "2")), error=TimedOut, reason="", attempt=1)
        )
        await product.sql("ALTER TABLE crossfade.failure_minute RENAME TO away")
        with pytest.raises(NoSuchStore):
            await migration.heartbeat.step()
        await product.sql("ALTER TABLE crossfade.away RENAME TO failure_minute")
        await migration.heartbeat.step()
        rows = await product.sql("SELECT error, failures FROM crossfade.failure_minute")
    assert rows == [("TimedOut", 1)]


async def test_lag_is_sampled_once_a_minute_over_all_processes(product: RunningProduct) -> None:
    async with telling(product), telling(product):
        rows = "SELECT count(*) FROM crossfade.lag_sample"
        entities = len(APPLICATION.mappings)
        await until(product, rows, lambda count: count >= entities)
        taken = await product.sql(
            "SELECT count(*), count(DISTINCT (at, entity)), min(dirty) FROM crossfade.lag_sample"
        )
        [(samples, different, _)] = taken
        assert samples == different
        assert samples <= 2 * entities  # a new minute may have begun


async def test_the_canary_arrives_again_and_again(product: RunningProduct) -> None:
    async with relaying(product):
        item = await arrived(product)
        assert item["__edb_e__"] == {"S": "crossfade_canary"}
        before = item["beatenAt"]["S"]

        async def came_again() -> bool:
            return bool((await arrived(product))["beatenAt"]["S"] > before)

        await eventually(came_again)
        age = "SELECT extract(epoch FROM now() - canary_at)::float FROM crossfade.pulse"
        await until(product, age, lambda seconds: seconds is not None and seconds < SECONDS_MAX)


async def test_a_canary_that_does_not_arrive_grows_old(product: RunningProduct) -> None:
    """It is not sent again while it is under way, or every beat would count as an arrival."""
    async with relaying(product):
        await arrived(product)
        product.dynamo.add(Rule(ServerError(), operation="PutItem"))
        dirty = (
            "SELECT count(*) FROM crossfade.ledger"
            " WHERE entity = 'crossfade_canary' AND dirty_since IS NOT NULL AND attempts > 2"
        )
        await until(product, dirty, lambda keys: keys == 1)
        state = "SELECT beaten_at, previous_at, canary_at FROM crossfade.canary, crossfade.pulse"
        [(beaten_at, previous_at, canary_at)] = await product.sql(state)
        assert canary_at == previous_at < beaten_at
        turns = "SELECT attempts FROM crossfade.ledger WHERE entity = 'crossfade_canary'"
        [(attempts,)] = await product.sql(turns)
        await until(product, turns, lambda now: now > attempts + 2)
        assert await product.sql(state) == [(beaten_at, previous_at, canary_at)]
        product.dynamo.clear()
        await until(product, "SELECT canary_at FROM crossfade.pulse", lambda at: at >= beaten_at)


async def test_the_canary_can_be_ended(product: RunningProduct) -> None:
    async with relaying(product):
        await arrived(product)
    await product.sql("DELETE FROM crossfade.canary")
    await product.drain()
    assert await product.sql("SELECT canary_at FROM crossfade.pulse") == [(None,)]
    assert "cf_deleted" in await arrived(product)


async def test_the_canary_is_in_no_count_of_the_application(product: RunningProduct) -> None:
    async with relaying(product):
        await arrived(product)
    await product.drain()
    names = {mapping.name for mapping in APPLICATION.mappings}
    assert {entity.entity for entity in await status(product.direct.dsn)} == names
    assert {
        name for (name,) in await product.sql("SELECT entity FROM crossfade.watermark")
    } == names
    audit = await product.audit()
    assert audit.is_clean
    async with open_verifier(product.settings, APPLICATION.mappings) as verifier:
        run = await verifier.run_full_pass()
    assert run.tally.drifted_keys == 0
    assert run.tally.equal_keys == sum(entity.rows for entity in audit.entities)


async def test_a_canary_under_way_does_not_hold_up_the_removal(product: RunningProduct) -> None:
    await product.drain()
    await product.sql("INSERT INTO crossfade.canary (canary) VALUES ('canary')")
    dirty = "SELECT entity FROM crossfade.ledger WHERE dirty_since IS NOT NULL"
    assert await product.sql(dirty) == [("crossfade_canary",)]
    assert "crossfade.canary" not in await uninstall(product.direct.dsn)


async def arrived(product: RunningProduct) -> dict[str, Any]:
    """The canary's item, as soon as there is one."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            answer = await asyncio.to_thread(
                product.stores.dynamodb.get_item,
                TableName=product.stores.table_name,
                Key=CANARY_KEY,
            )
            if "Item" in answer:
                return dict(answer["Item"])
            await asyncio.sleep(0.05)
