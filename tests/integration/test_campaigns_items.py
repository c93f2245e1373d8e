"""The application's items are read through their entities, and nothing else surfaces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from campaigns.actions import (
    add_character,
    add_member,
    create_campaign,
    create_session,
    create_user,
    delete_session,
    remove_character,
)
from campaigns.inputs import NewCampaign, NewCharacter, NewMember, NewSession, NewUser
from campaigns.items import Items
from crossfade.dynamo import Client
from support.dynamo_tables import config_of
from support.engines.product import RunningProduct, open_product
from support.engines.values import Database, DynamoEngine, S3Engine

R = TypeVar("R")


@pytest.fixture
async def product(
    migrated: Database, dynamo: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[RunningProduct]:
    del credentials
    async with open_product(migrated, dynamo, bucket) as product:
        yield product


@pytest.fixture
async def client(dynamo: DynamoEngine) -> AsyncIterator[Client]:
    async with Client(config_of(dynamo)) as client:
        yield client


async def _all(records: AsyncIterator[R]) -> list[R]:
    return [record async for record in records]


async def test_items_are_read_by_their_access_patterns(
    product: RunningProduct, client: Client
) -> None:
    items = Items(client, product.settings.dynamodb_table_name)
    app, owner = product.app, product.user_id
    made = await create_campaign(
        app, owner, NewCampaign(name="Citadel", tags=("cave", "kobolds"), party_level=3)
    )
    session = await create_session(app, owner, NewSession(name="One", campaign_id=made.id))
    unfiled = await create_session(app, owner, NewSession(name="Nowhere"))
    guest = await create_user(app, NewUser(email="guest@example.org"))
    await add_member(app, owner, made.id, NewMember(user_id=guest.id, nickname="G"))
    character = await add_character(
        app, owner, made.id, NewCharacter(name="Meepo", sheet={"level": 1})
    )
    await product.drain()

    (campaign,) = await _all(aiter(items.campaigns(owner)))
    assert (campaign.name, campaign.tags, campaign.party_level) == (
        "Citadel",
        ["cave", "kobolds"],
        3,
    )
    assert await items.campaign(made.id) == campaign
    assert [one.session_id async for one in items.sessions(made.id)] == [session.id]
    for one in (session, unfiled):
        found = await items.session(one.id)
        assert found is not None
        assert (found.name, found.campaign_id) == (one.name, one.campaign_id)
    assert [one.nickname async for one in items.members(made.id)] == ["G"]
    (met,) = await _all(aiter(items.characters(made.id)))
    assert (met.character_id, met.name) == (character.id, "Meepo")


async def test_only_an_entitys_own_items_surface(product: RunningProduct, client: Client) -> None:
    """Not a tombstone, not another entity's item, not one without identifiers."""
    table = product.settings.dynamodb_table_name
    items, app, owner = Items(client, table), product.app, product.user_id
    campaign = await create_campaign(app, owner, NewCampaign(name="Citadel"))
    kept = await create_session(app, owner, NewSession(name="Kept", campaign_id=campaign.id))
    gone = await create_session(app, owner, NewSession(name="Gone", campaign_id=campaign.id))
    character = await add_character(app, owner, campaign.id, NewCharacter(name="Meepo"))
    await product.drain()
    await delete_session(app, owner, gone.id)
    await remove_character(app, owner, campaign.id, character.id)
    await product.drain()
    partition = {"S": f"CAMP#{campaign.id}"}
    other = {"__edb_e__": {"S": "note"}, "__edb_v__": {"S": "1"}}
    for key, marks in (("SESS#foreign", other), ("SESS#nobody", {}), ("CHAR#foreign", other)):
        item = {"pk": partition, "sk": {"S": key}, "cf_v": {"N": "1"}, **marks}
        await client.call("PutItem", {"TableName": table, "Item": item})

    query = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": partition},
        "ConsistentRead": True,
    }
    stored = (await client.call("Query", query))["Items"]
    assert {item["sk"]["S"].partition("#")[0] for item in stored} == {"SESS", "CHAR"}
    assert sum("cf_deleted" in item for item in stored) == 2
    assert [one.session_id async for one in items.sessions(campaign.id)] == [kept.id]
    assert [one async for one in items.characters(campaign.id)] == []
    assert await items.session(gone.id) is None
    pages = [page.data async for page in items.sessions(campaign.id).pages(limit=1)]
    assert [one.session_id for page in pages for one in page] == [kept.id]
    assert len(pages) >= len(stored) - 2
