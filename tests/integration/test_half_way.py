"""What readers of the target may rely on while only a part of a change has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from campaigns.actions import create_campaign, create_session, save_transcript
from campaigns.inputs import NewCampaign, NewSession, TranscriptChanges
from campaigns.items import Items
from crossfade.dynamo import Client
from crossfade.events import LedgerRaised
from crossfade.testing import LoseAnswer, Rule, ServerError, Throttle
from crossfade.testing.proxy.messages import Request
from support.dynamo_tables import config_of
from support.engines.product import RunningProduct
from support.engines.values import DynamoEngine

POINTERS = ("transcriptStorageKey", "transcriptJsonStorageKey")


@pytest.fixture
async def client(ministack: DynamoEngine) -> AsyncIterator[Client]:
    async with Client(config_of(ministack)) as client:
        yield client


def puts_campaign(request: Request) -> bool:
    """Whether a request writes the item of a campaign."""
    return b'"__edb_e__":{"S":"campaign"}' in request.message.body


async def attempts(product: RunningProduct) -> None:
    """Let the fast path end, and let the relay try what is due."""
    await product.migration.fast_path.drain(20)
    await product.migration.relay_step()


async def cut(product: RunningProduct) -> datetime:
    """The moment of which readers know that every earlier write is in the target."""
    (((moment),),) = await product.sql("SELECT min(replicated_through) FROM crossfade.watermark")
    assert isinstance(moment, datetime)
    return moment


async def test_an_item_never_points_to_an_object_that_is_not_there(product: RunningProduct) -> None:
    """The object goes first: a bucket that takes nothing leaves the item as it was."""
    session = await create_session(product.app, product.user_id, NewSession(name="One"))
    await product.drain()
    product.s3.add(Rule(ServerError(500), method="PUT"))
    changes = TranscriptChanges(expected_revision=session.revision, text="[Brin] Hello?")
    await save_transcript(product.app, product.user_id, session.id, changes)
    await attempts(product)
    assert await product.dirty() > 0
    assert pointers(product) == []
    product.s3.clear()
    await product.assert_equal()
    assert pointers(product)


def pointers(product: RunningProduct) -> list[str]:
    """The objects that items name."""
    items: list[dict[str, Any]] = product.stores.dynamodb.scan(TableName=product.stores.table_name)[
        "Items"
    ]
    return [item[name]["S"] for item in items for name in POINTERS if name in item]


async def test_a_write_with_a_lost_answer_is_done_when_it_meets_itself(
    product: RunningProduct,
) -> None:
    """The repetition is refused by the very item: neither a failure nor another client's write."""
    lost = Rule(LoseAnswer(cut=True), operation="PutItem", where=puts_campaign, times=1)
    product.dynamo.add(lost)
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Said twice"))
    await product.drain()
    assert product.dynamo.record.arrived("PutItem", fault=LoseAnswer) == 1
    versions = "SELECT version, acked FROM crossfade.ledger WHERE key[1] = %s"
    assert await product.sql(versions, campaign.id) == [(1, 1)]
    assert not product.observed(LedgerRaised)
    await product.assert_equal()


async def test_a_child_is_there_and_readable_before_its_parent(
    product: RunningProduct, client: Client
) -> None:
    product.dynamo.add(Rule(Throttle(), operation="PutItem", where=puts_campaign))
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Parent"))
    child = NewSession(name="Child", campaign_id=campaign.id)
    session = await create_session(product.app, product.user_id, child)
    items = Items(client, product.stores.table_name)
    async with asyncio.timeout(60):
        while await items.session(session.id) is None:
            await attempts(product)
    assert [one.session_id async for one in items.sessions(campaign.id)] == [session.id]
    assert await items.campaign(campaign.id) is None
    product.dynamo.clear()
    await product.assert_equal()
    assert await items.campaign(campaign.id) is not None


async def test_a_transaction_is_behind_the_cut_only_when_all_of_it_arrived(
    product: RunningProduct,
) -> None:
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Before"))
    await product.drain()
    product.dynamo.add(Rule(Throttle(), operation="PutItem", where=puts_campaign))
    async with await psycopg.AsyncConnection.connect(product.direct.dsn) as connection:
        await connection.execute("UPDATE users SET name = 'Half of it'")
        await connection.execute("UPDATE campaigns SET name = 'The other half'")
    committed = "SELECT dirty_since FROM crossfade.ledger WHERE entity = 'campaign' AND key[1] = %s"
    ((written,),) = await product.sql(committed, campaign.id)
    await create_campaign(product.app, product.user_id, NewCampaign(name="A later one"))
    async with asyncio.timeout(60):
        while "Half of it" not in names(product):
            await attempts(product)
    assert "The other half" not in names(product)
    assert await cut(product) == written
    product.dynamo.clear()
    await product.drain()
    assert {"Half of it", "The other half"} <= names(product)
    assert await cut(product) > written


def names(product: RunningProduct) -> set[str]:
    """The names that items have."""
    items: list[dict[str, Any]] = product.stores.dynamodb.scan(TableName=product.stores.table_name)[
        "Items"
    ]
    return {item["name"]["S"] for item in items if "name" in item}
