"""Changes that meet: each order of locks is forced, so that a wrong one deadlocks every time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest

from campaigns.actions import (
    create_campaign,
    create_session,
    delete_campaign,
    delete_session,
    get_session,
    update_session,
)
from campaigns.errors import Conflict
from campaigns.inputs import NewCampaign, NewSession, SessionChanges
from campaigns.records import Campaign, Session
from support.campaigns_app import Table, application, held
from support.engines.values import Database


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def new_campaign(table: Table, name: str) -> Campaign:
    return await create_campaign(table.app, table.owner.id, NewCampaign(name=name))


async def new_session(table: Table, campaign: Campaign) -> Session:
    new = NewSession(name="One", campaign_id=campaign.id)
    return await create_session(table.app, table.owner.id, new)


async def move(table: Table, session: Session, campaign: Campaign) -> None:
    changes = SessionChanges(expected_revision=0, campaign_id=campaign.id)
    await update_session(table.app, table.owner.id, session.id, changes)


async def assert_counts_are_right(table: Table) -> None:
    wrong = await table.sql(
        "SELECT id FROM campaigns c WHERE session_count <>"
        " (SELECT count(*) FROM sessions s WHERE s.campaign_id = c.id)"
    )
    assert wrong == []


async def test_two_sessions_change_places(table: Table) -> None:
    """Both moves lock the same campaign first, so neither holds what the other wants."""
    one, two = await new_campaign(table, "One"), await new_campaign(table, "Two")
    there, back = await new_session(table, one), await new_session(table, two)
    async with (
        anyio.create_task_group() as tasks,
        held(table, "SELECT 1 FROM campaigns FOR UPDATE"),
    ):
        tasks.start_soon(move, table, there, two)
        tasks.start_soon(move, table, back, one)
        await table.waiting(2)
    await assert_counts_are_right(table)


async def test_a_session_leaves_a_campaign_that_is_being_deleted(table: Table) -> None:
    """The move locks the campaign before the session, as the deletion does."""
    one, two = await new_campaign(table, "One"), await new_campaign(table, "Two")
    session = await new_session(table, one)
    async with anyio.create_task_group() as tasks, held(table, "SELECT 1 FROM sessions FOR UPDATE"):
        tasks.start_soon(move, table, session, two)
        await table.waiting(1)
        tasks.start_soon(delete_campaign, table.app, table.owner.id, one.id)
        await table.waiting(2)
    assert (await get_session(table.app, table.owner.id, session.id)).campaign_id == two.id
    await assert_counts_are_right(table)


async def test_a_session_is_deleted_from_a_campaign_that_is_being_deleted(table: Table) -> None:
    one = await new_campaign(table, "One")
    session = await new_session(table, one)
    async with anyio.create_task_group() as tasks, held(table, "SELECT 1 FROM sessions FOR UPDATE"):
        tasks.start_soon(delete_session, table.app, table.owner.id, session.id)
        await table.waiting(1)
        tasks.start_soon(delete_campaign, table.app, table.owner.id, one.id)
        await table.waiting(2)
    assert await table.sql("SELECT 1 FROM sessions UNION ALL SELECT 1 FROM campaigns") == []


async def test_a_session_that_moves_away_is_not_deleted_at_the_same_moment(table: Table) -> None:
    """Else the campaign it moved to would count a session that is gone."""
    one, two = await new_campaign(table, "One"), await new_campaign(table, "Two")
    session = await new_session(table, one)
    refusals = []

    async def drop() -> None:
        try:
            await delete_session(table.app, table.owner.id, session.id)
        except Conflict as conflict:
            refusals.append(conflict.field)

    table.pushes.seen.clear()
    steps = (
        "WITH a AS (UPDATE campaigns SET session_count = (id = %s)::int RETURNING 1)"
        " UPDATE sessions SET campaign_id = %s FROM (SELECT count(*) FROM a) n"
    )
    async with anyio.create_task_group() as tasks, held(table, steps, two.id, two.id):
        tasks.start_soon(drop)
        await table.waiting(1)
    assert refusals == ["campaign_id"]
    assert table.pushes.seen == []
    await assert_counts_are_right(table)


async def test_a_session_loses_its_campaign_while_it_moves(table: Table) -> None:
    """The deleted campaign no longer counts anything; the session still arrives."""
    one, two = await new_campaign(table, "One"), await new_campaign(table, "Two")
    session = await new_session(table, one)
    async with (
        anyio.create_task_group() as tasks,
        held(table, "DELETE FROM campaigns WHERE id = %s", one.id),
    ):
        tasks.start_soon(move, table, session, two)
        await table.waiting(1)
    assert (await get_session(table.app, table.owner.id, session.id)).campaign_id == two.id
    await assert_counts_are_right(table)
