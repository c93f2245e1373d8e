"""Users, members, characters and appearances."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from campaigns.actions import (
    add_appearance,
    add_character,
    add_member,
    create_campaign,
    create_session,
    create_user,
)
from campaigns.enums import MemberRole, PlanTier
from campaigns.errors import Conflict, NotFound
from campaigns.inputs import NewCampaign, NewCharacter, NewMember, NewSession, NewUser
from support.campaigns_app import Table, application
from support.engines.values import Database


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def test_a_new_user_keeps_everything_and_shows_no_secret(table: Table) -> None:
    new = NewUser(
        email="Ada@Example.org",
        name="Ada",
        password_hash=b"\x00secret\xff",
        discord_user_id=2**53 + 1,
        time_zone="Europe/Berlin",
        plan_tier=PlanTier.SUPPORTER,
        quota_bytes=2**40,
        credit_balance=Decimal("1.5000"),
        preferences={"theme": "dark"},
        recovery_codes=("secret-1", "secret-2"),
    )
    user = await create_user(table.app, new)
    for name in new.model_fields_set - {"password_hash", "recovery_codes"}:
        assert getattr(user, name) == getattr(new, name), name
    assert str(user.credit_balance) == "1.5000"
    assert "secret" not in repr(user) + repr(new)
    [row] = await table.sql("SELECT * FROM users WHERE id = %s", user.id)
    assert row["password_hash"] == b"\x00secret\xff"
    assert row["recovery_codes"] == ["secret-1", "secret-2"]
    assert table.pushes.seen == [("user", user.id)]


async def test_an_address_is_taken_however_it_is_capitalised(table: Table) -> None:
    with pytest.raises(Conflict) as refusal:
        await create_user(table.app, NewUser(email="OWNER@example.ORG"))
    assert refusal.value.field == "email"
    assert "OWNER" not in str(refusal.value)


async def test_a_discord_user_has_one_account(table: Table) -> None:
    await create_user(table.app, NewUser(email="a@example.org", discord_user_id=1))
    with pytest.raises(Conflict) as refusal:
        await create_user(table.app, NewUser(email="b@example.org", discord_user_id=1))
    assert refusal.value.field == "discord_user_id"


async def test_members_join_campaigns_of_their_inviter_once(table: Table) -> None:
    app, owner, stranger = table.app, table.owner.id, table.stranger.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    table.pushes.seen.clear()
    new = NewMember(user_id=stranger, role=MemberRole.GM, nickname="Eve")
    member = await add_member(app, owner, campaign.id, new)
    assert (member.user_id, member.role, member.nickname) == (stranger, MemberRole.GM, "Eve")
    assert table.pushes.seen == [("member", campaign.id, stranger)]
    with pytest.raises(Conflict) as refusal:
        await add_member(app, owner, campaign.id, new)
    assert refusal.value.field == "user_id"
    with pytest.raises(NotFound, match="user"):
        await add_member(app, owner, campaign.id, NewMember(user_id="nobody"))
    with pytest.raises(NotFound, match="campaign"):
        await add_member(app, stranger, campaign.id, NewMember(user_id=owner))


async def test_characters_enter_campaigns_of_their_owner_once(table: Table) -> None:
    app, owner = table.app, table.owner.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    table.pushes.seen.clear()
    new = NewCharacter(name="Ireena", played_by="Žofie", sheet={"hp": 12})
    character = await add_character(app, owner, campaign.id, new)
    assert (character.name, character.played_by, character.sheet) == ("Ireena", "Žofie", {"hp": 12})
    assert table.pushes.seen == [("character", str(character.id))]
    with pytest.raises(Conflict) as refusal:
        await add_character(app, owner, campaign.id, new)
    assert refusal.value.field == "name"
    with pytest.raises(NotFound, match="campaign"):
        await add_character(app, table.stranger.id, campaign.id, NewCharacter(name="Eve"))


async def test_characters_appear_in_sessions_of_the_same_owner_once(table: Table) -> None:
    app, owner, stranger = table.app, table.owner.id, table.stranger.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    hero = await add_character(app, owner, campaign.id, NewCharacter(name="Ireena"))
    session = await create_session(app, owner, NewSession(name="One"))
    theirs = await create_session(app, stranger, NewSession(name="Theirs"))
    table.pushes.seen.clear()
    await add_appearance(app, owner, hero.id, session.id)
    assert table.pushes.seen == [("appearance", str(hero.id), session.id)]
    with pytest.raises(Conflict) as refusal:
        await add_appearance(app, owner, hero.id, session.id)
    assert refusal.value.field == "session_id"
    with pytest.raises(NotFound, match="session"):
        await add_appearance(app, owner, hero.id, theirs.id)
    with pytest.raises(NotFound, match="character"):
        await add_appearance(app, stranger, hero.id, theirs.id)
    with pytest.raises(NotFound, match="character"):
        await add_appearance(app, owner, 2**40, session.id)
