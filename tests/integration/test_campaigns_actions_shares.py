"""Shared recaps, search across sessions, and a session as its page shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.actions import (
    add_appearance,
    add_character,
    create_campaign,
    create_session,
    delete_campaign,
    get_session,
    get_shared,
    revoke_share,
    save_upload,
    search_sessions,
    share_session,
    view_session,
)
from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.inputs import NewCampaign, NewCharacter, NewSession
from campaigns.records import Campaign, Session, SharedRecap
from campaigns.transcript_inputs import SessionSearch, ShareRequest, TranscriptUpload
from campaigns.transcripts import Form
from support.campaigns_app import Table, application
from support.engines.values import Database

UNKNOWN = "0" * 22


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def new_campaign(table: Table) -> Campaign:
    return await create_campaign(table.app, table.owner.id, NewCampaign(name="Gull Rock"))


async def new_session(table: Table, campaign: Campaign | None, name: str, said: str) -> Session:
    new = NewSession(
        name=name,
        campaign_id=campaign.id if campaign else None,
        player_recap="The lamp went dark.",
        notes="The keeper did it.",
        summary="secret plans",
        played_on=date(2026, 2, 7),
    )
    session = await create_session(table.app, table.owner.id, new)
    upload = TranscriptUpload(expected_revision=0, content=said.encode(), form=Form.TXT)
    await save_upload(table.app, table.owner.id, session.id, upload)
    table.pushes.seen.clear()
    return session


def until(revision: int, **ahead: float) -> ShareRequest:
    return ShareRequest(
        expected_revision=revision, expires_at=datetime.now(UTC) + timedelta(**ahead)
    )


async def test_a_link_shows_the_recap_and_nothing_else(table: Table) -> None:
    campaign = await new_campaign(table)
    session = await new_session(table, campaign, "A Dark Night", "GM: hello")
    shared = await share_session(table.app, table.owner.id, session.id, until(1, days=7))
    assert table.pushes.seen == [("session", session.id)]
    assert await get_shared(table.app, shared.share_token) == SharedRecap(
        name="A Dark Night",
        player_recap="The lamp went dark.",
        played_on=date(2026, 2, 7),
        campaign_name="Gull Rock",
    )
    await delete_campaign(table.app, table.owner.id, campaign.id)
    assert (await get_shared(table.app, shared.share_token)).campaign_name is None


async def test_a_link_that_works_keeps_its_address_when_it_is_prolonged(table: Table) -> None:
    session = await new_session(table, None, "One", "GM: hello")
    one = await share_session(table.app, table.owner.id, session.id, until(1, days=7))
    two = await share_session(table.app, table.owner.id, session.id, until(2, days=30))
    assert one.share_token == two.share_token
    assert one.share_token != session.share_token


async def test_unknown_revoked_and_expired_links_have_the_same_answer(table: Table) -> None:
    session = await new_session(table, None, "One", "GM: hello")
    never = session.share_token
    shared = await share_session(table.app, table.owner.id, session.id, until(1, days=7))
    revoked = shared.share_token
    after = await revoke_share(table.app, table.owner.id, session.id)
    assert (after.share_expires_at, after.revision) == (None, 3)
    assert after.share_token not in {never, revoked}
    again = await share_session(table.app, table.owner.id, session.id, until(3, days=7))
    assert (await get_shared(table.app, again.share_token)).name == "One"
    await table.sql("UPDATE sessions SET share_expires_at = now() - interval '1 s'")
    messages = set()
    for token in (never, revoked, again.share_token, after.share_token, UNKNOWN, "", "\0", "é"):
        with pytest.raises(NotFound) as refusal:
            await get_shared(table.app, token)
        messages.add(str(refusal.value))
    assert len(messages) == 1


async def test_a_link_that_expired_does_not_come_back_to_life(table: Table) -> None:
    session = await new_session(table, None, "One", "GM: hello")
    old = await share_session(table.app, table.owner.id, session.id, until(1, days=7))
    await table.sql("UPDATE sessions SET share_expires_at = now() - interval '1 s'")
    await share_session(table.app, table.owner.id, session.id, until(2, days=7))
    with pytest.raises(NotFound):
        await get_shared(table.app, old.share_token)


async def test_a_link_ends_within_a_year(table: Table) -> None:
    session = await new_session(table, None, "One", "GM: hello")
    for days in (-1, 400):
        with pytest.raises(Invalid, match="expires_at"):
            await share_session(table.app, table.owner.id, session.id, until(1, days=days))


async def test_only_what_was_seen_is_shared_but_anything_can_be_revoked(table: Table) -> None:
    session = await new_session(table, None, "One", "GM: hello")
    with pytest.raises(Conflict):
        await share_session(table.app, table.owner.id, session.id, until(0, days=7))
    await share_session(table.app, table.owner.id, session.id, until(1, days=7))
    for attempt in (
        lambda: share_session(table.app, table.stranger.id, session.id, until(2, days=1)),
        lambda: revoke_share(table.app, table.stranger.id, session.id),
        lambda: view_session(table.app, table.stranger.id, session.id),
    ):
        with pytest.raises(NotFound, match="session"):
            await attempt()
    assert (await get_session(table.app, table.owner.id, session.id)).revision == 2


async def found(table: Table, words: str, **given: object) -> list[tuple[str, list[str]]]:
    search = SessionSearch.model_validate({"words": words, **given})
    part = await search_sessions(table.app, table.owner.id, search)
    return [
        (one.session.name, ["".join(piece.text for piece in line.parts) for line in one.snippets])
        for one in part.items
    ]


async def test_a_search_finds_sessions_and_shows_their_lines(table: Table) -> None:
    campaign = await new_campaign(table)
    await new_session(table, campaign, "One", "GM: We saw two lighthouses.\nOdile: Dark!")
    await new_session(table, campaign, "Two", "GM: No light.\nPim: Café\nGM: a lighthouse")
    await new_session(table, None, "Lighthouse", "GM: elsewhere")
    assert await found(table, "lighthouse", campaign_id=campaign.id) == [
        ("Two", ["a lighthouse"]),
        ("One", ["We saw two lighthouses."]),
    ]
    assert [name for name, _ in await found(table, "lighthouse")] == ["Lighthouse", "Two", "One"]
    assert await found(table, "café") == [("Two", ["Café"])]
    assert await found(table, "lighthouse -saw", campaign_id=campaign.id) == [
        ("Two", ["a lighthouse"])
    ]
    assert await found(table, '"two lighthouses"') == [("One", ["We saw two lighthouses."])]
    assert await found(table, "nowhere") == []
    assert await found(table, "'); DROP TABLE sessions; --") == []


async def test_a_search_names_the_turn_of_each_line(table: Table) -> None:
    await new_session(table, None, "One", "GM: a\n\nOdile: the lamp\nGM: b\nlamp " + "x " * 200)
    (session,) = (
        await search_sessions(table.app, table.owner.id, SessionSearch(words="lamp"))
    ).items
    assert [(one.position, one.speaker) for one in session.snippets] == [(1, "Odile"), (3, None)]
    assert [part.text for part in session.snippets[0].parts if part.is_hit] == ["lamp"]


async def test_a_search_comes_in_parts(table: Table) -> None:
    for number in range(5):
        await new_session(table, None, f"Lamp {number}", "GM: lamp")
    names, after = [], None
    while True:
        search = SessionSearch(words="lamp", limit=2, after=after)
        part = await search_sessions(table.app, table.owner.id, search)
        names += [one.session.name for one in part.items]
        after = part.after
        if after is None:
            break
    assert names == [f"Lamp {number}" for number in (4, 3, 2, 1, 0)]


async def test_a_search_sees_only_ones_own(table: Table) -> None:
    campaign = await new_campaign(table)
    await new_session(table, campaign, "One", "GM: lamp")
    found = await search_sessions(table.app, table.stranger.id, SessionSearch(words="lamp"))
    assert found.items == ()
    search = SessionSearch(words="lamp", campaign_id=campaign.id)
    with pytest.raises(NotFound, match="campaign"):
        await search_sessions(table.app, table.stranger.id, search)


async def test_a_session_is_seen_with_its_campaign_turns_and_characters(table: Table) -> None:
    campaign = await new_campaign(table)
    session = await new_session(table, campaign, "One", "GM: hello\nOdile: hi")
    for name in ("Odile", "Brin"):
        character = await add_character(
            table.app, table.owner.id, campaign.id, NewCharacter(name=name)
        )
        await add_appearance(table.app, table.owner.id, character.id, session.id)
    seen = await view_session(table.app, table.owner.id, session.id)
    assert seen.session == await get_session(table.app, table.owner.id, session.id)
    assert seen.campaign_name == "Gull Rock"
    assert [one.text for one in seen.turns] == ["hello", "hi"]
    assert [one.name for one in seen.characters] == ["Brin", "Odile"]
    alone = await create_session(table.app, table.owner.id, NewSession(name="Two"))
    seen = await view_session(table.app, table.owner.id, alone.id)
    assert (seen.campaign_name, seen.turns, seen.characters) == (None, (), ())
