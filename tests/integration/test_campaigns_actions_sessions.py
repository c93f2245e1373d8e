"""Sessions: what each action does and moves, who may take it, and what it pushes afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import anyio
import pytest
from sqlalchemy import event

from campaigns.actions import (
    add_appearance,
    add_character,
    create_campaign,
    create_session,
    delete_campaign,
    delete_session,
    get_campaign,
    get_session,
    list_sessions,
    update_session,
)
from campaigns.enums import SessionStatus
from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.inputs import (
    NewCampaign,
    NewCharacter,
    NewSession,
    SessionChanges,
    SessionQuery,
)
from campaigns.records import Campaign, Session
from support.campaigns_app import Table, application
from support.engines.values import Database

START = datetime(1969, 7, 16, 13, 32, 0, 123456, tzinfo=UTC)


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def campaign_named(table: Table, name: str) -> Campaign:
    return await create_campaign(table.app, table.owner.id, NewCampaign(name=name))


async def session_in(table: Table, campaign: Campaign | None, number: int | None = None) -> Session:
    campaign_id = None if campaign is None else campaign.id
    new = NewSession(name="One", campaign_id=campaign_id, number=number)
    return await create_session(table.app, table.owner.id, new)


async def assert_counts_are_right(table: Table) -> None:
    wrong = await table.sql(
        "SELECT id FROM campaigns c WHERE session_count <>"
        " (SELECT count(*) FROM sessions s WHERE s.campaign_id = c.id)"
    )
    assert wrong == []


async def test_a_new_session_has_the_defaults_of_the_database(table: Table) -> None:
    session = await session_in(table, None)
    assert (session.campaign_id, session.number, session.is_starred) == (None, None, None)
    assert (session.status, session.revision) == (SessionStatus.DRAFT, 0)
    assert (session.tags, session.initiative, session.key_moments) == ((), (), ())
    assert len(session.share_token) >= 20
    assert await get_session(table.app, table.owner.id, session.id) == session


async def test_a_new_session_keeps_everything_it_was_given(table: Table) -> None:
    campaign = await campaign_named(table, "Apollo")
    new = NewSession(
        name="Launch",
        campaign_id=campaign.id,
        number=1,
        description="Lift-off.",
        status=SessionStatus.READY,
        error_message="none",
        played_on=date(1969, 7, 16),
        started_at=START,
        ended_at=START + timedelta(microseconds=1),
        duration_ms=2**62,
        audio_storage_key="audio/1",
        audio_bytes=2**53 + 1,
        audio_sha256=bytes(range(32)),
        transcription_job_id="job-1",
        avg_confidence=0.1,
        loudness_lufs=-23.5,
        transcription_cost_usd=Decimal("0.000001"),
        xp_awarded=Decimal("12345678901234567890123456789012345.123456789012345678901234567890"),
        summary="s",
        player_recap="r",
        notes="n",
        speaker_names={"spk_0": "Aldous (GM)"},
        metrics=[1, {"a": None}],
        key_moments=({"t": 1}, None, "x", [1]),
        tags=("a", "a"),
        initiative=(20, -1, 20),
        is_starred=False,
        share_expires_at=START.replace(microsecond=0),
    )
    session = await create_session(table.app, table.owner.id, new)
    for name, value in new.given().items():
        assert getattr(session, name) == value, name


async def test_an_update_touches_only_what_was_given(table: Table) -> None:
    campaign = await campaign_named(table, "Apollo")
    before = await session_in(table, campaign, number=1)
    changes = SessionChanges(expected_revision=0, name="Two", notes="n")
    after = await update_session(table.app, table.owner.id, before.id, changes)
    assert (after.name, after.notes, after.number, after.revision) == ("Two", "n", 1, 1)
    assert after.campaign_id == campaign.id
    cleared = SessionChanges(expected_revision=1, notes=None, number=None)
    after = await update_session(table.app, table.owner.id, before.id, cleared)
    assert (after.name, after.notes, after.number) == ("Two", None, None)


async def test_a_session_moves_to_another_campaign_and_to_none(table: Table) -> None:
    app, owner = table.app, table.owner.id
    one, two = await campaign_named(table, "One"), await campaign_named(table, "Two")
    session = await session_in(table, one)
    table.pushes.seen.clear()

    to_two = SessionChanges(expected_revision=0, campaign_id=two.id)
    moved = await update_session(app, owner, session.id, to_two)
    assert moved.campaign_id == two.id
    assert table.pushes.seen[0] == ("session", session.id)
    assert set(table.pushes.seen[1:]) == {("campaign", one.id), ("campaign", two.id)}
    assert (await get_campaign(app, owner, one.id)).session_count == 0
    assert (await get_campaign(app, owner, two.id)).session_count == 1

    to_none = SessionChanges(expected_revision=1, campaign_id=None)
    assert (await update_session(app, owner, session.id, to_none)).campaign_id is None
    back = SessionChanges(expected_revision=2, campaign_id=one.id)
    assert (await update_session(app, owner, session.id, back)).campaign_id == one.id
    await assert_counts_are_right(table)


async def test_staying_in_a_campaign_counts_nothing(table: Table) -> None:
    campaign = await campaign_named(table, "One")
    session = await session_in(table, campaign)
    table.pushes.seen.clear()
    stay = SessionChanges(expected_revision=0, campaign_id=campaign.id)
    await update_session(table.app, table.owner.id, session.id, stay)
    assert table.pushes.seen == [("session", session.id)]
    await assert_counts_are_right(table)


async def test_a_session_enters_only_campaigns_of_its_owner(table: Table) -> None:
    theirs = await create_campaign(table.app, table.stranger.id, NewCampaign(name="Theirs"))
    session = await session_in(table, None)
    table.pushes.seen.clear()
    move = SessionChanges(expected_revision=0, campaign_id=theirs.id)
    with pytest.raises(NotFound, match="campaign"):
        await update_session(table.app, table.owner.id, session.id, move)
    new = NewSession(name="Mine", campaign_id=theirs.id)
    with pytest.raises(NotFound, match="campaign"):
        await create_session(table.app, table.owner.id, new)
    assert table.pushes.seen == []
    assert await get_session(table.app, table.owner.id, session.id) == session
    await assert_counts_are_right(table)


async def test_a_stranger_finds_nothing(table: Table) -> None:
    app, stranger = table.app, table.stranger.id
    campaign = await campaign_named(table, "One")
    session = await session_in(table, campaign)
    table.pushes.seen.clear()
    with pytest.raises(NotFound, match="session"):
        await get_session(app, stranger, session.id)
    changes = SessionChanges(expected_revision=0, campaign_id=None)
    with pytest.raises(NotFound, match="session"):
        await update_session(app, stranger, session.id, changes)
    changes = SessionChanges(expected_revision=0, name="Mine")
    with pytest.raises(NotFound, match="session"):
        await update_session(app, stranger, session.id, changes)
    with pytest.raises(NotFound, match="session"):
        await delete_session(app, stranger, session.id)
    with pytest.raises(NotFound, match="campaign"):
        await list_sessions(app, stranger, SessionQuery(campaign_id=campaign.id))
    assert (await list_sessions(app, stranger)).items == ()
    assert table.pushes.seen == []
    assert await get_session(app, table.owner.id, session.id) == session
    await assert_counts_are_right(table)


@pytest.mark.parametrize("session_id", ["nobody", "", "\0", "\ud800", "x" * 10_000])
async def test_ids_nobody_has_are_not_found(table: Table, session_id: str) -> None:
    with pytest.raises(NotFound):
        await get_session(table.app, table.owner.id, session_id)
    changes = SessionChanges(expected_revision=0)
    with pytest.raises(NotFound):
        await update_session(table.app, table.owner.id, session_id, changes)
    with pytest.raises(NotFound):
        await delete_session(table.app, table.owner.id, session_id)


async def test_of_two_updates_at_once_exactly_one_wins(table: Table) -> None:
    """Moves too: the loser's counts are rolled back."""
    campaigns = [await campaign_named(table, name) for name in ("One", "Two", "Three", "Four")]
    session = await session_in(table, None)
    table.pushes.seen.clear()
    lost: list[int | None] = []

    async def move(campaign: Campaign) -> None:
        changes = SessionChanges(expected_revision=0, campaign_id=campaign.id)
        try:
            await update_session(table.app, table.owner.id, session.id, changes)
        except Conflict as conflict:
            lost.append(conflict.current_revision)

    async with anyio.create_task_group() as tasks:
        for campaign in campaigns:
            tasks.start_soon(move, campaign)
    now = await get_session(table.app, table.owner.id, session.id)
    assert lost == [1, 1, 1]
    assert table.pushes.seen == [("session", session.id), ("campaign", now.campaign_id)]
    await assert_counts_are_right(table)


async def test_moves_and_deletions_at_once_do_not_block_each_other(table: Table) -> None:
    """Sessions swap campaigns while others are deleted: no deadlock, and the counts stay right."""
    app, owner = table.app, table.owner.id
    campaigns = [await campaign_named(table, f"Campaign {number}") for number in range(4)]
    sessions = [await session_in(table, campaigns[number % 4]) for number in range(12)]
    refusals: list[str] = []

    async def move(session: Session, campaign: Campaign) -> None:
        changes = SessionChanges(expected_revision=0, campaign_id=campaign.id)
        try:
            await update_session(app, owner, session.id, changes)
        except NotFound as error:
            refusals.append(error.entity)

    async def drop(session: Session) -> None:
        try:
            await delete_session(app, owner, session.id)
        except Conflict as error:
            refusals.append(error.field)

    async with anyio.create_task_group() as tasks:
        for number, session in enumerate(sessions[:8]):
            tasks.start_soon(move, session, campaigns[(number + 1 + number // 4) % 4])
        for session in sessions[8:]:
            tasks.start_soon(drop, session)
        tasks.start_soon(delete_campaign, app, owner, campaigns[0].id)
    # Where the deletion was faster; a deadlock would have raised something else.
    assert set(refusals) <= {"campaign", "campaign_id"}
    await assert_counts_are_right(table)


async def test_a_number_is_taken_once_per_campaign(table: Table) -> None:
    one, two = await campaign_named(table, "One"), await campaign_named(table, "Two")
    await session_in(table, one, number=1)
    elsewhere = await session_in(table, two, number=1)
    unfiled = [await session_in(table, None, number=1) for _ in range(2)]
    assert len(unfiled) == 2
    with pytest.raises(Conflict) as refusal:
        await session_in(table, one, number=1)
    assert refusal.value.field == "number"
    move = SessionChanges(expected_revision=0, campaign_id=one.id)
    with pytest.raises(Conflict) as refusal:
        await update_session(table.app, table.owner.id, elsewhere.id, move)
    assert (refusal.value.field, refusal.value.current_revision) == ("number", None)
    await assert_counts_are_right(table)


async def test_a_session_cannot_come_to_end_before_it_starts(table: Table) -> None:
    """Also when start and end are given one after the other."""
    new = NewSession(name="One", started_at=START)
    session = await create_session(table.app, table.owner.id, new)
    table.pushes.seen.clear()
    changes = SessionChanges(expected_revision=0, ended_at=START - timedelta(seconds=1))
    with pytest.raises(Invalid) as refusal:
        await update_session(table.app, table.owner.id, session.id, changes)
    assert refusal.value.problems[0].field == "ended_at"
    assert table.pushes.seen == []
    assert await get_session(table.app, table.owner.id, session.id) == session


async def test_deleting_a_session_takes_its_appearances_along(table: Table) -> None:
    app, owner = table.app, table.owner.id
    campaign = await campaign_named(table, "One")
    session = await session_in(table, campaign)
    hero = await add_character(app, owner, campaign.id, NewCharacter(name="Ireena"))
    await add_appearance(app, owner, hero.id, session.id)
    table.pushes.seen.clear()
    await delete_session(app, owner, session.id)
    assert table.pushes.seen == [("session", session.id), ("campaign", campaign.id)]
    assert await table.sql("SELECT * FROM character_sessions") == []
    await assert_counts_are_right(table)
    with pytest.raises(NotFound):
        await get_session(app, owner, session.id)


async def test_a_list_shows_all_those_of_a_campaign_or_those_of_none(table: Table) -> None:
    app, owner = table.app, table.owner.id
    campaign = await campaign_named(table, "One")
    filed, unfiled = await session_in(table, campaign), await session_in(table, None)
    await table.sql("UPDATE sessions SET created_at = '2026-01-01' WHERE id = %s", filed.id)

    async def listed(query: SessionQuery) -> list[str]:
        return [session.id for session in (await list_sessions(app, owner, query)).items]

    assert await listed(SessionQuery()) == [unfiled.id, filed.id]
    assert await listed(SessionQuery(campaign_id=campaign.id)) == [filed.id]
    assert await listed(SessionQuery(unfiled=True)) == [unfiled.id]
    with pytest.raises(Invalid, match="unfiled"):
        await listed(SessionQuery(campaign_id=campaign.id, unfiled=True))


async def test_a_list_can_be_read_in_parts_without_gaps_or_repeats(table: Table) -> None:
    sessions = {(await session_in(table, None)).id for _ in range(7)}
    await table.sql("UPDATE sessions SET created_at = '2026-01-01'")
    seen, after = [], None
    while True:
        query = SessionQuery(limit=3, after=after)
        part = await list_sessions(table.app, table.owner.id, query)
        seen += [session.id for session in part.items]
        if (after := part.after) is None:
            break
    assert len(seen) == 7
    assert set(seen) == sessions


async def test_a_list_is_one_statement_that_leaves_transcripts_where_they_are(
    table: Table,
) -> None:
    """One statement for any number of sessions, and no transcript column in it."""
    for _ in range(5):
        await session_in(table, None)
    await table.sql("UPDATE sessions SET transcript_text = repeat('x', 100000)")
    statements: list[str] = []
    async with table.app.sessions() as db:
        engine = db.get_bind()

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        page = await list_sessions(table.app, table.owner.id)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(page.items) == 5
    assert len(statements) == 1
    assert "transcript_text" not in statements[0]
    assert "transcript_json" not in statements[0]
