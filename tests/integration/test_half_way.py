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
from support.engines.values import DynamoEngine
from support.engines.world import World

POINTERS = ("transcriptStorageKey", "transcriptJsonStorageKey")


@pytest.fixture
async def client(ministack: DynamoEngine) -> AsyncIterator[Client]:
    async with Client(config_of(ministack)) as client:
        yield client


def puts_campaign(request: Request) -> bool:
    """Whether a request writes the item of a campaign."""
    return b'"__edb_e__":{"S":"campaign"}' in request.message.body


async def attempts(world: World) -> None:
    """Let the fast path end, and let the relay try what is due."""
    await world.migration.fast_path.drain(20)
    await world.migration.relay_step()


async def cut(world: World) -> datetime:
    """The moment of which readers know that every earlier write is in the target."""
    (((moment),),) = await world.sql("SELECT min(replicated_through) FROM crossfade.watermark")
    assert isinstance(moment, datetime)
    return moment


async def test_an_item_never_points_to_an_object_that_is_not_there(world: World) -> None:
    """The object goes first: a bucket that takes nothing leaves the item as it was."""
    session = await create_session(world.app, world.user_id, NewSession(name="One"))
    await world.drain()
    world.s3.add(Rule(ServerError(500), method="PUT"))
    changes = TranscriptChanges(expected_revision=session.revision, text="[Brin] Hello?")
    await save_transcript(world.app, world.user_id, session.id, changes)
    await attempts(world)
    assert await world.dirty() > 0
    assert pointers(world) == []
    world.s3.clear()
    await world.assert_equal()
    assert pointers(world)


def pointers(world: World) -> list[str]:
    """The objects that items name."""
    items: list[dict[str, Any]] = world.stores.dynamodb.scan(TableName=world.stores.table_name)[
        "Items"
    ]
    return [item[name]["S"] for item in items for name in POINTERS if name in item]


async def test_a_write_whose_answer_was_lost_is_done_when_it_meets_itself(world: World) -> None:
    """The repetition is refused by the very item: neither a failure nor somebody else's write."""
    lost = Rule(LoseAnswer(cut=True), operation="PutItem", where=puts_campaign, times=1)
    world.dynamo.add(lost)
    campaign = await create_campaign(world.app, world.user_id, NewCampaign(name="Said twice"))
    await world.drain()
    assert world.dynamo.record.arrived("PutItem", fault=LoseAnswer) == 1
    versions = "SELECT version, acked FROM crossfade.ledger WHERE key[1] = %s"
    assert await world.sql(versions, campaign.id) == [(1, 1)]
    assert not world.observed(LedgerRaised)
    await world.assert_equal()


async def test_a_child_is_there_and_readable_before_its_parent(
    world: World, client: Client
) -> None:
    world.dynamo.add(Rule(Throttle(), operation="PutItem", where=puts_campaign))
    campaign = await create_campaign(world.app, world.user_id, NewCampaign(name="Parent"))
    child = NewSession(name="Child", campaign_id=campaign.id)
    session = await create_session(world.app, world.user_id, child)
    items = Items(client, world.stores.table_name)
    async with asyncio.timeout(60):
        while await items.session(session.id) is None:
            await attempts(world)
    assert [one.session_id async for one in items.sessions(campaign.id)] == [session.id]
    assert await items.campaign(campaign.id) is None
    world.dynamo.clear()
    await world.assert_equal()
    assert await items.campaign(campaign.id) is not None


async def test_a_transaction_is_behind_the_cut_only_when_all_of_it_arrived(world: World) -> None:
    campaign = await create_campaign(world.app, world.user_id, NewCampaign(name="Before"))
    await world.drain()
    world.dynamo.add(Rule(Throttle(), operation="PutItem", where=puts_campaign))
    async with await psycopg.AsyncConnection.connect(world.direct.dsn) as connection:
        await connection.execute("UPDATE users SET name = 'Half of it'")
        await connection.execute("UPDATE campaigns SET name = 'The other half'")
    committed = "SELECT dirty_since FROM crossfade.ledger WHERE entity = 'campaign' AND key[1] = %s"
    ((written,),) = await world.sql(committed, campaign.id)
    await create_campaign(world.app, world.user_id, NewCampaign(name="A later one"))
    async with asyncio.timeout(60):
        while "Half of it" not in names(world):
            await attempts(world)
    assert "The other half" not in names(world)
    assert await cut(world) == written
    world.dynamo.clear()
    await world.drain()
    assert {"Half of it", "The other half"} <= names(world)
    assert await cut(world) > written


def names(world: World) -> set[str]:
    """The names that items have."""
    items: list[dict[str, Any]] = world.stores.dynamodb.scan(TableName=world.stores.table_name)[
        "Items"
    ]
    return {item["name"]["S"] for item in items if "name" in item}
