"""Recorded sessions as campaigns, and the command that makes their tables."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from campaigns.actions import get_transcript, list_campaigns, list_sessions
from campaigns.errors import Conflict
from campaigns.inputs import SessionQuery
from campaigns.sample import LoadProgress, load, read_missions
from support.campaigns_app import Table, application
from support.engines.values import Database

CAMPAIGNS = Path(sys.executable).with_name("campaigns")


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def test_the_packaged_sample_becomes_campaigns_with_transcripts(table: Table) -> None:
    missions = read_missions()
    steps: list[LoadProgress] = []
    campaigns = await load(table.app, table.owner.id, missions, steps.append)
    total = sum(len(mission.sessions) for mission in missions)
    assert [step.sessions_done for step in steps] == list(range(1, total + 1))
    assert {step.sessions_total for step in steps} == {total}
    for mission, campaign in zip(missions, campaigns, strict=True):
        query = SessionQuery(campaign_id=campaign.id)
        sessions = (await list_sessions(table.app, table.owner.id, query)).items
        by_number = {session.number: session for session in sessions}
        for recorded in mission.sessions:
            session = by_number[recorded.number]
            transcript = await get_transcript(table.app, table.owner.id, session.id)
            turns = json.loads(transcript.document or "")["turns"]
            assert [turn["text"] for turn in turns] == [turn.text for turn in recorded.turns]
            assert (transcript.text or "").splitlines() == [
                f"[{turn.speaker}] {turn.text}" for turn in recorded.turns
            ]
    [count] = await table.sql("SELECT count(*) FROM character_sessions")
    assert count["count"] == sum(
        len({turn.speaker for turn in session.turns})
        for mission in missions
        for session in mission.sessions
    )


async def test_every_row_that_loading_made_is_pushed(table: Table) -> None:
    await load(table.app, table.owner.id, read_missions())
    for entity, query in {
        "campaign": "SELECT id::text FROM campaigns",
        "session": "SELECT id FROM sessions",
        "character": "SELECT id::text FROM characters",
        "appearance": "SELECT character_id::text, session_id FROM character_sessions",
    }.items():
        rows = {(entity, *row.values()) for row in await table.sql(query)}
        assert rows
        assert rows == {pushed for pushed in table.pushes.seen if pushed[0] == entity}


async def test_loading_twice_conflicts_and_changes_nothing(table: Table) -> None:
    missions = read_missions()
    await load(table.app, table.owner.id, missions)
    before = await list_campaigns(table.app, table.owner.id)
    with pytest.raises(Conflict, match="slug"):
        await load(table.app, table.owner.id, missions)
    assert await list_campaigns(table.app, table.owner.id) == before


def campaigns_command(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CAMPAIGNS, "migrate"], env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_migrates_and_says_so(database: Database) -> None:
    for _ in range(2):
        done = campaigns_command(DATABASE_URL=database.dsn)
        assert (done.returncode, done.stderr) == (0, "")
        assert "newest revision" in done.stdout


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DATABASE_URL: missing or empty"),
        ({"DATABASE_URL": ""}, "DATABASE_URL: missing or empty"),
        ({"DATABASE_URL": "hunter2"}, "not a connection string"),
        ({"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/db"}, "no connection to PostgreSQL"),
    ],
)
def test_the_command_says_what_is_missing(environment: dict[str, str], said: str) -> None:
    failed = campaigns_command(**environment)
    assert failed.returncode == 1
    assert said in failed.stderr
    assert "hunter2" not in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stderr
