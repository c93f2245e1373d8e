"""Campaigns: what each action does, who may take it, and what it pushes afterwards."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date, time
from decimal import Decimal

import anyio
import pytest

from campaigns.actions import (
    add_character,
    add_member,
    create_campaign,
    create_session,
    delete_campaign,
    get_campaign,
    get_session,
    list_campaigns,
    update_campaign,
)
from campaigns.enums import CampaignStatus, GameSystem
from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.inputs import (
    CampaignChanges,
    CampaignQuery,
    NewCampaign,
    NewCharacter,
    NewMember,
    NewSession,
)
from support.campaigns_app import Table, application
from support.engines.values import Database

STRAHD = NewCampaign(name="Curse of Strahd")
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def test_a_new_campaign_has_the_defaults_of_the_database(table: Table) -> None:
    campaign = await create_campaign(table.app, table.owner.id, STRAHD)
    assert campaign.slug == "curse-of-strahd"
    assert campaign.user_id == table.owner.id
    assert (campaign.system, campaign.status) == (GameSystem.DND_5E, CampaignStatus.PLANNING)
    assert (campaign.tags, campaign.player_names) == ((), ())
    assert (campaign.party_level, campaign.session_count, campaign.revision) == (1, 0, 0)
    assert campaign.treasury_gp == Decimal("0.00")
    assert campaign.settings is None
    assert await get_campaign(table.app, table.owner.id, campaign.id) == campaign


async def test_a_new_campaign_keeps_everything_it_was_given(table: Table) -> None:
    first = await create_campaign(table.app, table.owner.id, STRAHD)
    new = NewCampaign(
        name="Ravenloft 🦇",
        slug="ravenloft",
        description="Mists.",
        system=GameSystem.CALL_OF_CTHULHU,
        status=CampaignStatus.ARCHIVED,
        tags=("horror", "horror", ""),
        player_names=("Ada", "Žofie"),
        settings={"b": [1, None, 1.5], "a": True},
        house_rules={"z": 1, "a": 2},
        cover_image_key="covers/1",
        started_on=date(1969, 7, 16),
        usual_start=time(19, 30),
        party_level=20,
        treasury_gp=Decimal("-0.00"),
        is_public=True,
        sequel_of_id=first.id,
    )
    campaign = await create_campaign(table.app, table.owner.id, new)
    for name, value in new.given().items():
        assert getattr(campaign, name) == value, name
    assert json.dumps(campaign.house_rules) == '{"z": 1, "a": 2}'
    assert campaign.archived_at is not None


async def test_an_update_touches_only_what_was_given(table: Table) -> None:
    new = NewCampaign(name="Strahd", description="Mists.", tags=("horror",))
    before = await create_campaign(table.app, table.owner.id, new)
    changes = CampaignChanges(expected_revision=0, name="Barovia", description=None)
    after = await update_campaign(table.app, table.owner.id, before.id, changes)
    assert (after.name, after.description, after.tags) == ("Barovia", None, ("horror",))
    assert after.revision == 1
    assert after.slug == before.slug
    assert after.updated_at >= before.updated_at
    assert await get_campaign(table.app, table.owner.id, before.id) == after


async def test_an_outdated_revision_conflicts_and_names_the_current_one(table: Table) -> None:
    campaign = await create_campaign(table.app, table.owner.id, STRAHD)
    changes = CampaignChanges(expected_revision=0, name="Barovia")
    await update_campaign(table.app, table.owner.id, campaign.id, changes)
    with pytest.raises(Conflict) as refusal:
        await update_campaign(table.app, table.owner.id, campaign.id, changes)
    assert (refusal.value.field, refusal.value.current_revision) == ("expected_revision", 1)


async def test_of_two_updates_at_once_exactly_one_wins(table: Table) -> None:
    campaign = await create_campaign(table.app, table.owner.id, STRAHD)
    results: list[str] = []

    async def rename(name: str) -> None:
        changes = CampaignChanges(expected_revision=0, name=name)
        try:
            await update_campaign(table.app, table.owner.id, campaign.id, changes)
            results.append(name)
        except Conflict as conflict:
            results.append(conflict.field)

    async with anyio.create_task_group() as tasks:
        for name in ("one", "two", "three", "four"):
            tasks.start_soon(rename, name)
    now = await get_campaign(table.app, table.owner.id, campaign.id)
    assert sorted(results) == sorted(["expected_revision"] * 3 + [now.name])
    assert now.revision == 1


async def test_a_stranger_finds_nothing(table: Table) -> None:
    campaign = await create_campaign(table.app, table.owner.id, STRAHD)
    changes = CampaignChanges(expected_revision=0, name="Mine")
    table.pushes.seen.clear()
    with pytest.raises(NotFound, match="campaign"):
        await get_campaign(table.app, table.stranger.id, campaign.id)
    with pytest.raises(NotFound, match="campaign"):
        await update_campaign(table.app, table.stranger.id, campaign.id, changes)
    with pytest.raises(NotFound, match="campaign"):
        await delete_campaign(table.app, table.stranger.id, campaign.id)
    assert (await list_campaigns(table.app, table.stranger.id)).items == ()
    assert table.pushes.seen == []
    assert await get_campaign(table.app, table.owner.id, campaign.id) == campaign


@pytest.mark.parametrize("campaign_id", [NOBODY, "", "no uuid", "\0", "\ud800", "x" * 10_000])
async def test_ids_nobody_has_are_not_found(table: Table, campaign_id: str) -> None:
    changes = CampaignChanges(expected_revision=0)
    with pytest.raises(NotFound):
        await get_campaign(table.app, table.owner.id, campaign_id)
    with pytest.raises(NotFound):
        await update_campaign(table.app, table.owner.id, campaign_id, changes)
    with pytest.raises(NotFound):
        await delete_campaign(table.app, table.owner.id, campaign_id)


async def test_a_campaign_needs_a_user(table: Table) -> None:
    with pytest.raises(NotFound, match="user"):
        await create_campaign(table.app, "nobody", STRAHD)


async def test_a_slug_is_taken_once_per_user(table: Table) -> None:
    await create_campaign(table.app, table.owner.id, STRAHD)
    await create_campaign(table.app, table.stranger.id, STRAHD)
    other = await create_campaign(table.app, table.owner.id, NewCampaign(name="Other"))
    with pytest.raises(Conflict) as refusal:
        await create_campaign(table.app, table.owner.id, STRAHD)
    assert refusal.value.field == "slug"
    assert "strahd" not in str(refusal.value)
    changes = CampaignChanges(expected_revision=0, slug="curse-of-strahd")
    with pytest.raises(Conflict) as refusal:
        await update_campaign(table.app, table.owner.id, other.id, changes)
    assert refusal.value.field == "slug"


async def test_a_sequel_follows_a_campaign_of_its_owner(table: Table) -> None:
    theirs = await create_campaign(table.app, table.stranger.id, STRAHD)
    mine = await create_campaign(table.app, table.owner.id, STRAHD)
    new = NewCampaign(name="Next", sequel_of_id=theirs.id)
    with pytest.raises(NotFound, match="campaign"):
        await create_campaign(table.app, table.owner.id, new)
    changes = CampaignChanges(expected_revision=0, sequel_of_id=theirs.id)
    with pytest.raises(NotFound, match="campaign"):
        await update_campaign(table.app, table.owner.id, mine.id, changes)
    changes = CampaignChanges(expected_revision=0, sequel_of_id=mine.id.upper())
    with pytest.raises(Invalid, match="sequel_of_id"):
        await update_campaign(table.app, table.owner.id, mine.id, changes)


async def test_the_time_of_archiving_follows_the_status(table: Table) -> None:
    campaign = await create_campaign(table.app, table.owner.id, STRAHD)
    times = []
    for revision, status in enumerate(["ACTIVE", "ARCHIVED", "ARCHIVED", "ACTIVE"]):
        changes = CampaignChanges.model_validate({"expected_revision": revision, "status": status})
        times.append(await update_campaign(table.app, table.owner.id, campaign.id, changes))
    active, archived, still, again = (campaign.archived_at for campaign in times)
    assert active is None
    assert archived is not None
    assert still == archived
    assert again is None


async def test_deleting_a_campaign_cascades_and_leaves_its_sessions(table: Table) -> None:
    app, owner = table.app, table.owner.id
    campaign = await create_campaign(app, owner, STRAHD)
    sequel = await create_campaign(app, owner, NewCampaign(name="Next", sequel_of_id=campaign.id))
    session = await create_session(app, owner, NewSession(name="One", campaign_id=campaign.id))
    await add_member(app, owner, campaign.id, NewMember(user_id=table.stranger.id))
    await add_character(app, owner, campaign.id, NewCharacter(name="Ireena"))
    table.pushes.seen.clear()
    await delete_campaign(app, owner, campaign.id)
    assert table.pushes.seen == [("campaign", campaign.id)]
    assert (
        await table.sql("SELECT 1 FROM campaign_members UNION ALL SELECT 1 FROM characters") == []
    )
    assert (await get_session(app, owner, session.id)).campaign_id is None
    assert (await get_campaign(app, owner, sequel.id)).sequel_of_id is None
    with pytest.raises(NotFound):
        await delete_campaign(app, owner, campaign.id)


async def test_each_change_is_pushed_once_by_its_primary_key(table: Table) -> None:
    campaign = await create_campaign(table.app, table.owner.id, STRAHD)
    changes = CampaignChanges(expected_revision=0, name="Barovia")
    await update_campaign(table.app, table.owner.id, campaign.id.upper(), changes)
    await delete_campaign(table.app, table.owner.id, campaign.id)
    assert table.pushes.seen == [("campaign", campaign.id)] * 3


async def test_a_list_can_be_read_in_parts_without_gaps_or_repeats(table: Table) -> None:
    for number in range(7):
        await create_campaign(table.app, table.owner.id, NewCampaign(name=f"Campaign {number}"))
    # Equal times, so that the id has to decide.
    await table.sql("UPDATE campaigns SET updated_at = '2026-01-01'")
    names, after = [], None
    while True:
        query = CampaignQuery(limit=3, after=after)
        part = await list_campaigns(table.app, table.owner.id, query)
        names += [campaign.name for campaign in part.items]
        if (after := part.after) is None:
            break
    assert sorted(names) == [f"Campaign {number}" for number in range(7)]


async def test_a_list_shows_what_changed_last_first_and_filters_by_status(table: Table) -> None:
    one = await create_campaign(table.app, table.owner.id, NewCampaign(name="One"))
    two = await create_campaign(table.app, table.owner.id, NewCampaign(name="Two"))
    await table.sql("UPDATE campaigns SET updated_at = '2026-01-01' WHERE id = %s", two.id)
    listed = await list_campaigns(table.app, table.owner.id)
    assert [campaign.id for campaign in listed.items] == [one.id, two.id]
    planned = await list_campaigns(
        table.app, table.owner.id, CampaignQuery(status=CampaignStatus.ACTIVE)
    )
    assert planned.items == ()


@pytest.mark.parametrize("after", ["", "x", "bm90IGEgdGltZQ==", "MjAyNi0wMS0wMSBubyB1dWlk"])
async def test_a_malformed_position_is_invalid(table: Table, after: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await list_campaigns(table.app, table.owner.id, CampaignQuery(after=after))
    assert refusal.value.problems[0].field == "after"
