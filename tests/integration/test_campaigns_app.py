"""Commit first, then push; roll back, and nothing is pushed; say so when PostgreSQL is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import anyio
import psycopg
import pytest
from sqlalchemy import text

from campaigns.actions import (
    create_campaign,
    create_session,
    create_user,
    delete_campaign,
    get_campaign,
    save_transcript,
    update_campaign,
)
from campaigns.app import open_app, transaction
from campaigns.database import create_engine
from campaigns.errors import Conflict, Invalid, Unavailable
from campaigns.inputs import (
    CampaignChanges,
    NewCampaign,
    NewSession,
    NewUser,
    TranscriptChanges,
)
from crossfade.local.ports import free_port
from support.campaigns_app import Table, application
from support.engines.values import Database


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


@dataclass
class OutsideView:
    """A push that reads the campaign over another connection."""

    dsn: str
    seen: list[tuple[int, int] | None]

    async def __call__(self, entity: str, /, *primary_key: str, wait: bool = False) -> None:
        assert (entity, wait) == ("campaign", False)
        async with await psycopg.AsyncConnection.connect(self.dsn) as db:
            query = (
                "SELECT revision, count(l.pid) FROM campaigns"
                " LEFT JOIN pg_locks l ON l.relation = 'campaigns'::regclass"
                " AND l.mode = 'RowExclusiveLock' WHERE id = %s GROUP BY 1"
            )
            cursor = await db.execute(query, primary_key)
            self.seen.append(await cursor.fetchone())


async def test_a_push_sees_the_change_committed_and_its_locks_gone(table: Table) -> None:
    """The row is as committed for everybody, and no transaction still holds the table."""
    view = OutsideView(table.dsn, [])
    app = replace(table.app, push=view)
    campaign = await create_campaign(app, table.owner.id, NewCampaign(name="One"))
    changes = CampaignChanges(expected_revision=0, name="Two")
    await update_campaign(app, table.owner.id, campaign.id, changes)
    await delete_campaign(app, table.owner.id, campaign.id)
    assert view.seen == [(0, 0), (1, 0), None]


async def test_what_is_rolled_back_leaves_nothing_and_pushes_nothing(table: Table) -> None:
    app, owner = table.app, table.owner.id
    campaign = await create_campaign(app, owner, NewCampaign(name="One"))
    await create_session(app, owner, NewSession(name="1", campaign_id=campaign.id, number=1))
    before = await table.sql("SELECT * FROM campaigns")
    table.pushes.seen.clear()
    with pytest.raises(Conflict):
        await create_session(app, owner, NewSession(name="2", campaign_id=campaign.id, number=1))
    # The campaign's count went up before the number clashed.
    assert await table.sql("SELECT * FROM campaigns") == before
    assert table.pushes.seen == []


async def test_a_cancelled_caller_leaves_nothing_behind(table: Table) -> None:
    async with await psycopg.AsyncConnection.connect(table.dsn) as db:
        await db.execute("LOCK TABLE campaigns IN EXCLUSIVE MODE")
        with anyio.move_on_after(0.2) as scope:
            await create_campaign(table.app, table.owner.id, NewCampaign(name="One"))
        assert scope.cancelled_caught
    assert await table.sql("SELECT * FROM campaigns") == []
    assert table.pushes.seen == []
    await create_campaign(table.app, table.owner.id, NewCampaign(name="One"))


async def test_without_a_push_postgresql_is_the_only_store(database: Database) -> None:
    async with application(database) as table, open_app(database.dsn) as app:
        campaign = await create_campaign(app, table.owner.id, NewCampaign(name="One"))
        assert await get_campaign(table.app, table.owner.id, campaign.id) == campaign
        assert table.pushes.seen == []


async def test_no_server_is_unavailable_without_the_password() -> None:
    dsn = f"postgresql://user:hunter2@127.0.0.1:{free_port()}/campaigns"
    async with open_app(dsn) as app:
        with pytest.raises(Unavailable) as refusal:
            await create_user(app, NewUser(email="a@example.org"))
    assert "refused" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


async def cut_own_connection(table: Table) -> None:
    """Lose the connection in the middle of a transaction."""
    async with transaction(table.app) as db:
        connection = await db.connection()
        pid = await connection.scalar(text("SELECT pg_backend_pid()"))
        await table.sql("SELECT pg_terminate_backend(%s)", pid)
        await connection.execute(text("SELECT 1"))


async def test_a_cut_connection_is_unavailable_and_the_next_request_has_a_new_one(
    table: Table,
) -> None:
    with pytest.raises(Unavailable):
        await cut_own_connection(table)
    await create_campaign(table.app, table.owner.id, NewCampaign(name="One"))


async def test_a_restart_of_the_server_between_requests_goes_unnoticed(table: Table) -> None:
    """The pool notices that its idle connections are dead before it hands one out."""
    await create_campaign(table.app, table.owner.id, NewCampaign(name="One"))
    await table.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await create_campaign(table.app, table.owner.id, NewCampaign(name="Two"))


async def test_errors_of_the_database_do_not_repeat_values(table: Table) -> None:
    session = await create_session(table.app, table.owner.id, NewSession(name="One"))
    changes = TranscriptChanges(expected_revision=0, text="hunter2", document="{hunter2")
    with pytest.raises(Invalid) as refusal:
        await save_transcript(table.app, table.owner.id, session.id, changes)
    assert "hunter2" not in repr(refusal.value)
    assert refusal.value.__suppress_context__


async def test_times_are_utc_under_any_setting_of_the_database(table: Table) -> None:
    [row] = await table.sql("SELECT current_database() AS name")
    await table.sql(f"ALTER DATABASE {row['name']} SET timezone = 'Asia/Tokyo'")
    async with open_app(table.dsn) as app:
        campaign = await create_campaign(app, table.owner.id, NewCampaign(name="One"))
    [row] = await table.sql("SELECT now() AT TIME ZONE 'UTC' AS now")
    assert abs((campaign.created_at - row["now"]).total_seconds()) < 600
    assert abs((campaign.updated_at - row["now"]).total_seconds()) < 600


async def test_options_of_the_dsn_are_kept(database: Database) -> None:
    dsn = f"{database.dsn}?options=-c%20application_name%3Dcampaigns"
    engine = create_engine(dsn)
    async with engine.connect() as connection:
        names = await connection.execute(
            text("SELECT current_setting('application_name'), current_setting('TimeZone')")
        )
        assert tuple(names.one()) == ("campaigns", "UTC")
    await engine.dispose()


def test_an_invalid_dsn_is_refused_without_repeating_it() -> None:
    with pytest.raises(Invalid) as refusal:
        create_engine("mysql hunter2")
    assert "hunter2" not in str(refusal.value)
