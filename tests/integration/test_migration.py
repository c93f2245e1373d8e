"""The composition root: one process's fast path, from async code and from threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from campaigns.actions import create_campaign
from campaigns.app import no_push, open_app
from campaigns.inputs import NewCampaign
from campaigns.mapping import APPLICATION
from crossfade.errors import ConfigurationError
from crossfade.runtime.migration import Migration, open_migration
from crossfade.settings import Settings
from crossfade.testing import Delay, Rule, Stall
from support.cancellation import SwallowsCancel
from support.engines.product import RunningProduct


async def test_push_returns_before_the_target_has_the_row(product: RunningProduct) -> None:
    product.dynamo.add(Rule(Stall(), operation="PutItem"))
    async with asyncio.timeout(product.settings.target_timeout_seconds / 2):
        campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Fast"))
        assert await product.migration.push("campaign", campaign.id)
    product.dynamo.clear()
    await product.assert_equal()


async def test_waiting_returns_whether_the_target_has_the_row(product: RunningProduct) -> None:
    async with open_app(product.direct.dsn, no_push) as app:
        campaign = await create_campaign(app, product.user_id, NewCampaign(name="Waited for"))
    assert await product.migration.push("campaign", campaign.id, wait=True)
    assert await product.dirty() == 0


async def test_a_thread_hands_rows_over(product: RunningProduct) -> None:
    await product.drain()
    await product.sql("UPDATE users SET name = 'From a thread'")
    await asyncio.to_thread(product.migration.push_soon, "user", product.user_id)
    async with asyncio.timeout(30):
        while await product.dirty():  # noqa: ASYNC110 - the thread's push sets no event
            await asyncio.sleep(0.01)


async def test_a_shutdown_lets_pushes_finish(product: RunningProduct) -> None:
    """What was handed over before the end is in the target after it."""
    await product.drain()
    product.dynamo.add(Rule(Delay(0.1), operation="PutItem"))
    settings = product.settings.model_copy(update={"drain_seconds": 10.0})
    async with open_migration(settings, APPLICATION, product.events.append) as migration:
        await product.sql("UPDATE users SET name = 'At the last moment'")
        await migration.push("user", product.user_id)
    assert await product.dirty() == 0


async def test_a_shutdown_ends_in_time_when_the_target_hangs(product: RunningProduct) -> None:
    await product.drain()
    product.dynamo.add(Rule(Stall(), operation="PutItem"))
    settings = product.settings.model_copy(
        update={"drain_seconds": 0.1, "target_timeout_seconds": 60.0}
    )
    async with asyncio.timeout(30):
        async with open_migration(settings, APPLICATION, product.events.append) as migration:
            await product.sql("UPDATE users SET name = 'Not yet'")
            await migration.push("user", product.user_id)
    product.dynamo.clear()
    await product.assert_equal()


async def test_a_shutdown_ends_though_a_cancellation_is_swallowed(product: RunningProduct) -> None:
    """The lane that swallowed it delivers what it held, and takes nothing new."""
    await product.drain()
    feed = SwallowsCancel(product.migration.route.feed, "dirty_keys_of")
    settings = product.settings.model_copy(update={"drain_seconds": 0.1})
    async with asyncio.timeout(30):
        async with another_fast_path(product, settings, feed) as migration:
            await product.sql("UPDATE users SET name = 'Heard of late'")
            await migration.push("user", product.user_id)
            await feed.waits.wait()
    assert await product.dirty() == 0


@asynccontextmanager
async def another_fast_path(
    product: RunningProduct, settings: Settings, feed: Any
) -> AsyncIterator[Migration]:
    """The product's stores behind another fast path, which asks this feed."""
    base = product.migration

    resources = replace(base.resources, settings=settings)
    migration = Migration(resources, APPLICATION, replace(base.route, feed=feed), base.heartbeat)
    async with migration.running():
        yield migration


async def test_a_deleted_row_leaves_a_tombstone_that_readers_pass_over(
    product: RunningProduct,
) -> None:
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Brief"))
    await product.drain()
    await product.sql("DELETE FROM campaigns WHERE id = %s", campaign.id)
    assert await product.migration.push("campaign", campaign.id, wait=True)
    key = {"pk": {"S": f"USER#{product.user_id}"}, "sk": {"S": f"CAMP#{campaign.id}"}}
    table = product.stores.table_name
    item = product.stores.dynamodb.get_item(TableName=table, Key=key)["Item"]
    assert item.keys() == {"pk", "sk", "cf_v", "cf_deleted"}


@pytest.mark.parametrize(("entity", "key"), [("dragon", ("1",)), ("campaign", ("1", "2"))])
async def test_an_unknown_entity_or_key_is_refused(
    product: RunningProduct, entity: str, key: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigurationError, match="known: user"):
        await product.migration.push(entity, *key)


async def test_transcripts_go_by_their_own_names(product: RunningProduct) -> None:
    transcripts = product.migration.transcripts
    key = await transcripts.upload_transcript("session-1", "[Brin] Hello?")
    assert key.startswith("transcripts/session-1/")
    assert await transcripts.get_transcript(key) == "[Brin] Hello?"
