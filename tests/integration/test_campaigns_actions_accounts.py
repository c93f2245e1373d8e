"""Accounts, API tokens, leaving, members of campaigns and characters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from campaigns.actions import (
    add_character,
    add_member,
    change_password,
    create_campaign,
    create_session,
    create_token,
    create_user,
    delete_account,
    find_account,
    get_account,
    get_campaign_view,
    list_campaign_cards,
    list_characters,
    list_members,
    list_session_cards,
    list_tokens,
    record_sign_in,
    remove_character,
    remove_member,
    revoke_token,
    update_profile,
    user_of_token,
)
from campaigns.actions.tokens import TOKENS_MAX
from campaigns.enums import CampaignStatus
from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound
from campaigns.inputs import (
    CampaignQuery,
    NewApiToken,
    NewCampaign,
    NewCharacter,
    NewMember,
    NewSession,
    NewUser,
    ProfileChanges,
    SessionQuery,
)
from support.campaigns_app import Table, application
from support.engines.values import Database


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def test_an_account_is_found_however_the_address_is_capitalised(table: Table) -> None:
    new = NewUser(email="Bo@Example.org", password_hash=b"kept")
    user = await create_user(table.app, new)
    for email in ("bo@example.org", "BO@EXAMPLE.ORG"):
        account = await find_account(table.app, email)
        assert account is not None
        assert (account.user, account.password_hash) == (user, b"kept")
        assert "kept" not in repr(account)
    assert await find_account(table.app, "b_@example.org") is None
    assert await find_account(table.app, "bo\0@example.org") is None
    assert await get_account(table.app, "nobody") is None
    assert await get_account(table.app, "\ud800") is None


async def test_changes_of_an_account_are_pushed_and_touch_nothing_else(table: Table) -> None:
    app, owner = table.app, table.owner
    await change_password(app, owner.id, b"kept")
    await record_sign_in(app, owner.id)
    changed = await update_profile(app, owner.id, ProfileChanges(name="Ada"))
    assert (changed.name, changed.time_zone) == ("Ada", owner.time_zone)
    assert changed.last_login_at is not None
    assert changed.updated_at > owner.updated_at
    assert table.pushes.seen == [("user", owner.id)] * 3
    for change in (
        change_password(app, "nobody", b""),
        record_sign_in(app, "nobody"),
        update_profile(app, "nobody", ProfileChanges(name="x")),
    ):
        with pytest.raises(NotFound, match="user"):
            await change


async def test_a_token_leads_to_its_user_until_it_ends(table: Table) -> None:
    app, owner = table.app, table.owner.id
    soon = datetime.now(UTC) + timedelta(hours=1)
    made = await create_token(app, owner, NewApiToken(name="backup", expires_at=soon))
    assert made.text not in repr(made)
    assert table.pushes.seen == [("api-token", made.token.id)]
    found = await user_of_token(app, made.text)
    assert found is not None
    assert found.id == owner
    await table.sql("UPDATE api_tokens SET expires_at = now() - interval '1 second'")
    assert await user_of_token(app, made.text) is None
    [row] = await table.sql("SELECT * FROM api_tokens")
    assert made.text not in str(row)


@pytest.mark.parametrize(
    "text", ["", "campaigns_", "campaigns_x", "x" * 10_000, "campaigns_\0", "campaigns_\ud800"]
)
async def test_a_text_that_is_no_token_is_nobodys(table: Table, text: str) -> None:
    await create_token(table.app, table.owner.id, NewApiToken(name="backup"))
    assert await user_of_token(table.app, text) is None


async def test_the_use_of_a_token_is_noted_once_an_hour(table: Table) -> None:
    app = table.app
    made = await create_token(app, table.owner.id, NewApiToken(name="backup"))
    table.pushes.seen.clear()
    for _ in range(3):
        await user_of_token(app, made.text)
    assert table.pushes.seen == [("api-token", made.token.id)]
    [token] = await list_tokens(app, table.owner.id)
    assert token.last_used_at is not None
    await table.sql("UPDATE api_tokens SET last_used_at = last_used_at - interval '61 minutes'")
    await user_of_token(app, made.text)
    assert len(table.pushes.seen) == 2


async def test_tokens_are_ones_own_and_limited(table: Table) -> None:
    app, owner, stranger = table.app, table.owner.id, table.stranger.id
    made = [await create_token(app, owner, NewApiToken(name=f"{n}")) for n in range(TOKENS_MAX)]
    with pytest.raises(Conflict):
        await create_token(app, owner, NewApiToken(name="one more"))
    assert [token.id for token in await list_tokens(app, owner)] == [
        one.token.id for one in reversed(made)
    ]
    assert await list_tokens(app, stranger) == ()
    for token_id in (made[0].token.id, "x"):
        with pytest.raises(NotFound, match="token"):
            await revoke_token(app, stranger, token_id)
    table.pushes.seen.clear()
    await revoke_token(app, owner, made[0].token.id.upper())
    assert table.pushes.seen == [("api-token", made[0].token.id)]
    await create_token(app, owner, NewApiToken(name="one more"))
    with pytest.raises(NotFound, match="user"):
        await create_token(app, "nobody", NewApiToken(name="x"))


async def test_members_and_characters_are_listed_and_removed(table: Table) -> None:
    app, owner, stranger = table.app, table.owner.id, table.stranger.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    other = await create_campaign(app, owner, NewCampaign(name="Two"))
    await add_member(app, owner, campaign.id, NewMember(user_id=stranger, nickname="Eve"))
    for name in ("Odile", "Brin"):
        await add_character(app, owner, campaign.id, NewCharacter(name=name))
    [seat] = await list_members(app, owner, campaign.id)
    assert (seat.user_id, seat.nickname, seat.name) == (stranger, "Eve", None)
    brin, odile = await list_characters(app, owner, campaign.id)
    assert (brin.name, odile.name) == ("Brin", "Odile")
    for refused in (
        list_members(app, stranger, campaign.id),
        list_characters(app, stranger, campaign.id),
        remove_member(app, stranger, campaign.id, stranger),
        remove_character(app, stranger, campaign.id, brin.id),
        remove_character(app, owner, other.id, brin.id),
        remove_character(app, owner, campaign.id, 2**40),
        remove_member(app, owner, other.id, stranger),
        remove_member(app, owner, campaign.id, "\0"),
        list_members(app, owner, "x"),
    ):
        with pytest.raises(NotFound):
            await refused
    table.pushes.seen.clear()
    await remove_member(app, owner, campaign.id.upper(), stranger)
    await remove_character(app, owner, campaign.id, brin.id)
    assert table.pushes.seen == [
        ("member", campaign.id, stranger),
        ("character", str(brin.id)),
    ]
    assert await list_members(app, owner, campaign.id) == ()
    assert await list_characters(app, owner, campaign.id) == (odile,)


async def test_a_campaign_is_seen_with_its_sessions_and_people(table: Table) -> None:
    app, owner, stranger = table.app, table.owner.id, table.stranger.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    for name in ("first", "second"):
        await create_session(app, owner, NewSession(name=name, campaign_id=campaign.id))
    await create_session(app, owner, NewSession(name="unfiled"))
    await add_member(app, owner, campaign.id, NewMember(user_id=stranger, nickname="Eve"))
    await add_character(app, owner, campaign.id, NewCharacter(name="Brin", played_by="Eve"))
    view = await get_campaign_view(app, owner, campaign.id)
    assert view.campaign.session_count == 2
    assert [card.name for card in view.sessions.items] == ["second", "first"]
    [member], [character] = view.members, view.characters
    assert (member.id, member.name, member.role) == (stranger, "Eve", "PLAYER")
    assert (character.name, character.role, character.played_by) == ("Brin", None, "Eve")
    cards = await list_session_cards(app, owner, SessionQuery(unfiled=True))
    assert [card.name for card in cards.items] == ["unfiled"]
    with pytest.raises(NotFound):
        await get_campaign_view(app, stranger, campaign.id)
    with pytest.raises(Invalid):
        await get_campaign_view(app, owner, campaign.id, "x")


async def test_cards_are_cut_short_and_counted_by_status(table: Table) -> None:
    app, owner = table.app, table.owner.id
    await create_campaign(app, owner, NewCampaign(name="One", description="x" * 5000))
    away = CampaignStatus.ARCHIVED
    await create_campaign(app, owner, NewCampaign(name="Two", status=away))
    cards, counts = await list_campaign_cards(app, owner, CampaignQuery(unarchived=True))
    [card] = cards.items
    assert card.name == "One"
    assert len(card.description or "") < 1000
    assert counts == {CampaignStatus.PLANNING: 1, away: 1}
    cards, _ = await list_campaign_cards(app, owner, CampaignQuery(limit=1))
    assert cards.after is not None
    rest, _ = await list_campaign_cards(app, owner, CampaignQuery(after=cards.after))
    assert [card.name for card in (*cards.items, *rest.items)] == ["Two", "One"]


async def test_leaving_changes_nothing_of_others(table: Table) -> None:
    app, owner, stranger = table.app, table.owner.id, table.stranger.id
    await create_session(app, stranger, NewSession(name="theirs"))
    await create_session(app, owner, NewSession(name="mine"))
    await delete_account(app, owner)
    assert [row["name"] for row in await table.sql("SELECT name FROM sessions")] == ["theirs"]
    with pytest.raises(NotFound, match="user"):
        await delete_account(app, owner)


async def test_what_was_begun_before_a_user_leaves_is_deleted_with_the_user(table: Table) -> None:
    """The leaving waits for a campaign that is being made, and then deletes it too."""
    async with await psycopg.AsyncConnection.connect(table.dsn) as maker:
        await maker.execute(
            "INSERT INTO campaigns (user_id, slug, name, updated_at) VALUES (%s, 's', 'n', now())",
            (table.owner.id,),
        )
        leaving = asyncio.create_task(delete_account(table.app, table.owner.id))
        async with asyncio.timeout(30):
            while not await table.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
                assert not leaving.done()
    await leaving
    assert await table.sql("SELECT 1 FROM campaigns") == []


async def test_what_is_made_while_a_user_leaves_is_deleted_or_refused(table: Table) -> None:
    """Each maker commits before the leaving and is deleted with it, or after it and is refused."""
    app, owner = table.app, table.owner.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    busy = asyncio.Event()

    async def keep_making() -> CampaignsError:
        for number in range(10_000):
            try:
                await create_session(app, owner, NewSession(name="x", campaign_id=campaign.id))
                await create_campaign(app, owner, NewCampaign(name=f"More {number}"))
                busy.set()
            except CampaignsError as refusal:
                return refusal
        raise AssertionError("the user never left")

    async def leave() -> None:
        await busy.wait()
        await delete_account(app, owner)

    refusal, _ = await asyncio.gather(keep_making(), leave())
    assert isinstance(refusal, NotFound)
    assert await table.sql("SELECT 1 FROM sessions") == []
    assert await table.sql("SELECT 1 FROM campaigns") == []
    assert [row["id"] for row in await table.sql("SELECT id FROM users")] == [table.stranger.id]
