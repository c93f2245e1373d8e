"""Transcripts: what is saved, what is not changed, and what the search column makes of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from campaigns.actions import (
    create_session,
    get_session,
    get_transcript,
    save_transcript,
    update_session,
)
from campaigns.enums import TranscriptSource
from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.fields import TRANSCRIPT_JSON_BYTES_MAX, TRANSCRIPT_TEXT_BYTES_MAX
from campaigns.inputs import NewSession, SessionChanges, TranscriptChanges
from campaigns.records import Session
from support.campaigns_app import Table, application
from support.engines.values import Database

SPOKEN = "[GM] The lamp is dark.\n[Odile] Ninety-nine waves…"


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Table]:
    async with application(database) as table:
        yield table


async def new_session(table: Table) -> Session:
    session = await create_session(table.app, table.owner.id, NewSession(name="One"))
    table.pushes.seen.clear()
    return session


async def found_by(table: Table, words: str) -> bool:
    query = "SELECT 1 FROM sessions WHERE search_vector @@ plainto_tsquery('english', %s)"
    return bool(await table.sql(query, words))


async def test_text_and_document_are_saved_and_pushed(table: Table) -> None:
    session = await new_session(table)
    changes = TranscriptChanges(
        expected_revision=0,
        text=SPOKEN,
        document='{"turns": [{"t": 1.50, "n": 12345678901234567890.10}]}',
        source=TranscriptSource.PASTED,
        lang="en",
    )
    saved = await save_transcript(table.app, table.owner.id, session.id, changes)
    assert (saved.text, saved.word_count, saved.lang) == (SPOKEN, 6, "en")
    # The numbers are kept as they were written; they never were floats.
    assert saved.document == '{"turns": [{"n": 12345678901234567890.10, "t": 1.50}]}'
    assert (saved.source, saved.revision) == (TranscriptSource.PASTED, 1)
    assert saved.updated_at is not None
    assert await get_transcript(table.app, table.owner.id, session.id) == saved
    assert table.pushes.seen == [("session", session.id)]
    about = await get_session(table.app, table.owner.id, session.id)
    assert (about.word_count, about.transcript_lang) == (6, "en")
    assert about.transcript_updated_at == saved.updated_at


async def test_a_session_without_a_transcript_has_an_empty_one(table: Table) -> None:
    session = await new_session(table)
    empty = await get_transcript(table.app, table.owner.id, session.id)
    assert (empty.text, empty.document, empty.updated_at, empty.revision) == (None, None, None, 0)


async def test_saving_one_form_keeps_the_other_and_null_removes(table: Table) -> None:
    session = await new_session(table)

    async def save(revision: int, **given: str | None) -> tuple[str | None, str | None]:
        changes = TranscriptChanges.model_validate({"expected_revision": revision, **given})
        saved = await save_transcript(table.app, table.owner.id, session.id, changes)
        return saved.text, saved.document

    assert await save(0, text="a b") == ("a b", None)
    assert await save(1, document="[]") == ("a b", "[]")
    assert await save(2, text=None) == (None, "[]")
    assert (await get_session(table.app, table.owner.id, session.id)).word_count is None
    assert await save(3, document=None) == (None, None)


async def test_a_change_of_the_title_keeps_the_transcript(table: Table) -> None:
    session = await new_session(table)
    changes = TranscriptChanges(expected_revision=0, text=SPOKEN, document="[1]")
    saved = await save_transcript(table.app, table.owner.id, session.id, changes)
    title = SessionChanges(expected_revision=1, name="The lamp")
    await update_session(table.app, table.owner.id, session.id, title)
    after = await get_transcript(table.app, table.owner.id, session.id)
    assert (after.text, after.document) == (saved.text, saved.document)
    assert (after.updated_at, after.word_count) == (saved.updated_at, saved.word_count)


async def test_an_outdated_revision_conflicts(table: Table) -> None:
    session = await new_session(table)
    changes = TranscriptChanges(expected_revision=0, text="first")
    await save_transcript(table.app, table.owner.id, session.id, changes)
    with pytest.raises(Conflict) as refusal:
        await save_transcript(table.app, table.owner.id, session.id, changes)
    assert refusal.value.current_revision == 1


async def test_a_stranger_finds_nothing(table: Table) -> None:
    session = await new_session(table)
    changes = TranscriptChanges(expected_revision=0, text="mine")
    with pytest.raises(NotFound, match="session"):
        await save_transcript(table.app, table.stranger.id, session.id, changes)
    with pytest.raises(NotFound, match="session"):
        await get_transcript(table.app, table.stranger.id, session.id)
    assert table.pushes.seen == []
    assert (await get_transcript(table.app, table.owner.id, session.id)).text is None


@pytest.mark.parametrize(
    "document",
    ["", "secret {", "{'secret': 1}", '{"a": NaN}', '"\\u0000"', '"\\ud800"', "[" * 200_000],
)
async def test_a_document_that_is_not_json_is_refused_and_not_repeated(
    table: Table, document: str
) -> None:
    session = await new_session(table)
    changes = TranscriptChanges(expected_revision=0, text="kept out", document=document)
    with pytest.raises(Invalid) as refusal:
        await save_transcript(table.app, table.owner.id, session.id, changes)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert table.pushes.seen == []
    assert (await get_transcript(table.app, table.owner.id, session.id)).text is None


async def test_the_largest_transcripts_are_kept_exactly(table: Table) -> None:
    session = await new_session(table)
    text = ("å word\n" * TRANSCRIPT_TEXT_BYTES_MAX)[: TRANSCRIPT_TEXT_BYTES_MAX // 8 * 7]
    words = json.dumps([{"w": "word", "t": number} for number in range(400_000)])
    assert TRANSCRIPT_JSON_BYTES_MAX // 2 < len(words) < TRANSCRIPT_JSON_BYTES_MAX
    changes = TranscriptChanges(expected_revision=0, text=text, document=words)
    saved = await save_transcript(table.app, table.owner.id, session.id, changes)
    assert saved.text == text
    assert json.loads(saved.document or "") == json.loads(words)


async def test_more_words_than_the_search_column_holds_are_refused(table: Table) -> None:
    session = await new_session(table)
    text = " ".join(f"{number:x}q" for number in range(120_000))
    changes = TranscriptChanges(expected_revision=0, text=text)
    with pytest.raises(Invalid, match="too large"):
        await save_transcript(table.app, table.owner.id, session.id, changes)


async def test_the_search_column_follows_what_it_is_made_of(table: Table) -> None:
    app, owner = table.app, table.owner.id
    session = await new_session(table)
    assert not await found_by(table, "lighthouse")
    spoken = TranscriptChanges(expected_revision=0, text="We saw two lighthouses")
    await save_transcript(app, owner, session.id, spoken)
    assert await found_by(table, "lighthouse")
    for changes in (
        SessionChanges(expected_revision=1, name="Barovia"),
        SessionChanges(expected_revision=2, tags=("horror",)),
        SessionChanges(expected_revision=3, description="pears"),
        SessionChanges(expected_revision=4, summary="oil"),
    ):
        await update_session(app, owner, session.id, changes)
    for word in ("barovia", "horror", "pear", "oil", "lighthouse"):
        assert await found_by(table, word), word
    gone = TranscriptChanges(expected_revision=5, text=None)
    await save_transcript(app, owner, session.id, gone)
    assert not await found_by(table, "lighthouse")
