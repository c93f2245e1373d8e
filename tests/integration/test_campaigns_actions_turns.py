"""Transcripts turn by turn: uploads, lines that two people edit, renamed speakers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import anyio
import pytest

from campaigns.actions import (
    create_session,
    edit_turn,
    get_session,
    get_transcript,
    get_turns,
    rename_speaker,
    save_transcript,
    save_upload,
)
from campaigns.enums import TranscriptSource
from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound
from campaigns.fields import TRANSCRIPT_TEXT_BYTES_MAX
from campaigns.inputs import NewSession, TranscriptChanges
from campaigns.records import Session, TranscriptTurns
from campaigns.transcript_inputs import SpeakerChanges, TranscriptUpload, TurnChanges
from campaigns.transcripts import Form, Turn, digest
from support.campaigns_app import Table, application, held
from support.engines.values import Database

SAID = "[00:00:01] GM: one\n[00:00:02] Odile: two\n[00:00:03.500] GM: three"


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


def upload(content: str = SAID, revision: int = 0, form: Form = Form.TXT) -> TranscriptUpload:
    return TranscriptUpload(expected_revision=revision, content=content.encode(), form=form)


async def spoken_session(table: Table) -> Session:
    session = await create_session(table.app, table.owner.id, NewSession(name="One"))
    await save_upload(table.app, table.owner.id, session.id, upload())
    table.pushes.seen.clear()
    return session


def changes(
    before: TranscriptTurns, position: int, text: str, speaker: str | None = "GM"
) -> TurnChanges:
    return TurnChanges(
        position=position,
        expected=digest(before.turns[position]),
        text=text,
        speaker=speaker,
    )


async def test_an_upload_becomes_text_document_and_count(table: Table) -> None:
    session = await create_session(table.app, table.owner.id, NewSession(name="One"))
    table.pushes.seen.clear()
    saved = await save_upload(table.app, table.owner.id, session.id, upload())
    assert saved.text == "[GM] one\n[Odile] two\n[GM] three"
    assert json.loads(saved.document or "") == {
        "turns": [
            {"t": 1, "speaker": "GM", "text": "one"},
            {"t": 2, "speaker": "Odile", "text": "two"},
            {"t": 3.5, "speaker": "GM", "text": "three"},
        ]
    }
    assert (saved.word_count, saved.source, saved.revision) == (3, TranscriptSource.FILE, 1)
    assert table.pushes.seen == [("session", session.id)]
    spoken = await get_turns(table.app, table.owner.id, session.id)
    assert spoken.turns[2] == Turn(3.5, "GM", "three")


async def test_a_malformed_upload_changes_nothing(table: Table) -> None:
    session = await spoken_session(table)
    bad = upload("a\n[00:99:00] secret", 1)
    with pytest.raises(Invalid, match=r"transcript: line 2: a time with more than 59"):
        await save_upload(table.app, table.owner.id, session.id, bad)
    with pytest.raises(Conflict) as refusal:
        await save_upload(table.app, table.owner.id, session.id, upload("late", 0))
    assert refusal.value.current_revision == 1
    assert table.pushes.seen == []
    assert len((await get_turns(table.app, table.owner.id, session.id)).turns) == 3


async def test_an_upload_with_too_long_a_text_is_refused(table: Table) -> None:
    session = await spoken_session(table)
    long = "\n".join(["word " * 200] * (TRANSCRIPT_TEXT_BYTES_MAX // 1000 + 5))
    with pytest.raises(Invalid, match=r"text: .*at most 1048576 bytes"):
        await save_upload(table.app, table.owner.id, session.id, upload(long, 1))


async def test_an_edit_changes_one_line_its_count_and_the_search(table: Table) -> None:
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)
    after = await edit_turn(
        table.app, table.owner.id, session.id, changes(before, 1, " two lighthouses ", "Pim")
    )
    assert after.turns == (
        before.turns[0],
        Turn(2, "Pim", "two lighthouses"),
        before.turns[2],
    )
    stored = await get_transcript(table.app, table.owner.id, session.id)
    assert stored.text == "[GM] one\n[Pim] two lighthouses\n[GM] three"
    assert (stored.word_count, stored.revision) == (4, 2)
    assert stored.updated_at is not None
    assert before.updated_at is not None
    assert stored.updated_at > before.updated_at
    assert table.pushes.seen == [("session", session.id)]
    query = "SELECT 1 FROM sessions WHERE search_vector @@ plainto_tsquery('english', 'lighthouse')"
    assert await table.sql(query)


async def test_a_line_that_was_changed_meanwhile_conflicts(table: Table) -> None:
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)
    await edit_turn(table.app, table.owner.id, session.id, changes(before, 0, "mine"))
    with pytest.raises(Conflict) as refusal:
        await edit_turn(table.app, table.owner.id, session.id, changes(before, 0, "yours"))
    assert refusal.value.field == "expected"
    # A transcript that has become shorter no longer has this line.
    await save_upload(table.app, table.owner.id, session.id, upload("GM: one", 2))
    with pytest.raises(Conflict):
        await edit_turn(table.app, table.owner.id, session.id, changes(before, 2, "gone"))
    assert (await get_turns(table.app, table.owner.id, session.id)).turns == (
        Turn(None, "GM", "one"),
    )


async def at_once(table: Table, *steps: Callable[[], Awaitable[object]]) -> list[CampaignsError]:
    """Let requests begin before any of them may write; what was refused."""
    refusals = []

    async def attempt(step: Callable[[], Awaitable[object]]) -> None:
        try:
            await step()
        except CampaignsError as error:
            refusals.append(error)

    async with (
        anyio.create_task_group() as tasks,
        held(table, "SELECT 1 FROM sessions FOR UPDATE"),
    ):
        for step in steps:
            tasks.start_soon(attempt, step)
        await table.waiting(len(steps))
    return refusals


async def test_two_people_edit_different_lines_at_once_and_both_succeed(table: Table) -> None:
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)

    def step(position: int, text: str) -> Callable[[], Awaitable[object]]:
        change = changes(before, position, text)
        return lambda: edit_turn(table.app, table.owner.id, session.id, change)

    assert await at_once(table, step(0, "mine"), step(2, "yours")) == []
    after = await get_turns(table.app, table.owner.id, session.id)
    assert [one.text for one in after.turns] == ["mine", "two", "yours"]
    assert after.revision == before.revision + 2


async def test_two_users_edit_one_line_at_once_and_one_gets_the_conflict(table: Table) -> None:
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)

    def step(text: str) -> Callable[[], Awaitable[object]]:
        change = changes(before, 0, text)
        return lambda: edit_turn(table.app, table.owner.id, session.id, change)

    (refusal,) = await at_once(table, step("mine"), step("yours"))
    assert isinstance(refusal, Conflict)
    after = await get_turns(table.app, table.owner.id, session.id)
    assert after.turns[0].text in {"mine", "yours"}
    assert after.revision == before.revision + 1


async def test_an_edit_and_an_upload_at_once_lose_nothing_unseen(table: Table) -> None:
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)
    change = changes(before, 0, "edited")
    refusals = await at_once(
        table,
        lambda: edit_turn(table.app, table.owner.id, session.id, change),
        lambda: save_upload(table.app, table.owner.id, session.id, upload("GM: other", 1)),
    )
    assert [type(one) for one in refusals] == [Conflict]


async def test_a_speaker_is_renamed_in_every_turn(table: Table) -> None:
    session = await spoken_session(table)
    new = SpeakerChanges(expected_revision=1, speaker="GM", name=" Mira ")
    after = await rename_speaker(table.app, table.owner.id, session.id, new)
    assert [one.speaker for one in after.turns] == ["Mira", "Odile", "Mira"]
    assert [one.t_seconds for one in after.turns] == [1, 2, 3.5]
    assert table.pushes.seen == [("session", session.id)]
    assert (await get_session(table.app, table.owner.id, session.id)).word_count == 3


async def test_two_speakers_become_one_only_on_purpose(table: Table) -> None:
    session = await spoken_session(table)
    new = {"expected_revision": 1, "speaker": "GM", "name": "Odile"}
    merge = SpeakerChanges.model_validate(new)
    with pytest.raises(Conflict) as refusal:
        await rename_speaker(table.app, table.owner.id, session.id, merge)
    assert refusal.value.field == "name"
    merge = SpeakerChanges.model_validate({**new, "merge": True})
    after = await rename_speaker(table.app, table.owner.id, session.id, merge)
    assert {one.speaker for one in after.turns} == {"Odile"}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"expected_revision": 0}, Conflict),
        ({"speaker": "Nobody"}, NotFound),
        ({"name": "[x]"}, Invalid),
        ({"name": "12:30"}, Invalid),
        ({"name": "  "}, Invalid),
    ],
)
async def test_a_name_that_cannot_be_given_is_refused(
    table: Table, given: dict[str, object], error: type[CampaignsError]
) -> None:
    session = await spoken_session(table)
    new = {"expected_revision": 1, "speaker": "GM", "name": "Mira", **given}
    changes = SpeakerChanges.model_validate(new)
    with pytest.raises(error):
        await rename_speaker(table.app, table.owner.id, session.id, changes)
    assert (await get_turns(table.app, table.owner.id, session.id)).revision == 1


async def test_an_edit_keeps_what_a_document_says_beside_the_turns(table: Table) -> None:
    session = await spoken_session(table)
    document = '{"model": "large", "turns": [{"t": 1.50, "text": "a"}, {"text": "b", "p": 0.10}]}'
    save = TranscriptChanges(expected_revision=1, text="a\nb", document=document)
    await save_transcript(table.app, table.owner.id, session.id, save)
    before = await get_turns(table.app, table.owner.id, session.id)
    change = changes(before, 1, "c", None)
    await edit_turn(table.app, table.owner.id, session.id, change)
    stored = await get_transcript(table.app, table.owner.id, session.id)
    assert stored.document == (
        '{"model": "large", "turns": [{"t": 1.50, "text": "a"}, {"p": 0.10, "text": "c"}]}'
    )


async def test_a_stranger_finds_nothing(table: Table) -> None:
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)
    renamed = SpeakerChanges(expected_revision=1, speaker="GM", name="x")
    stranger = table.stranger.id
    for attempt in (
        lambda: get_turns(table.app, stranger, session.id),
        lambda: edit_turn(table.app, stranger, session.id, changes(before, 0, "x")),
        lambda: rename_speaker(table.app, stranger, session.id, renamed),
        lambda: save_upload(table.app, stranger, session.id, upload("x", 1)),
        lambda: get_turns(table.app, stranger, "\0"),
    ):
        with pytest.raises(NotFound, match="session"):
            await attempt()
    assert table.pushes.seen == []


async def test_a_push_that_fails_to_come_changes_no_answer(table: Table) -> None:
    """Nothing is pushed for an edit that was refused."""
    session = await spoken_session(table)
    before = await get_turns(table.app, table.owner.id, session.id)
    with suppress(Conflict):
        wrong = TurnChanges(position=0, expected="0" * 32, text="x")
        await edit_turn(table.app, table.owner.id, session.id, wrong)
    assert table.pushes.seen == []
    assert await get_turns(table.app, table.owner.id, session.id) == before
