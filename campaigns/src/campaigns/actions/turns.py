"""Transcripts by turn: upload, get, edit a turn, rename a speaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.actions.rows import one, outdated, own, session_key
from campaigns.actions.transcripts import COLUMNS, get_transcript, save_transcript
from campaigns.app import App, transaction
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.fields import TRANSCRIPT_TEXT_BYTES_MAX
from campaigns.inputs import TranscriptChanges
from campaigns.mapping import SESSION
from campaigns.models import SessionRow
from campaigns.records import Transcript, TranscriptTurns
from campaigns.transcript_inputs import SpeakerChanges, TranscriptUpload, TurnChanges
from campaigns.transcripts import (
    Stored,
    Turn,
    digest,
    edit,
    parse,
    read_stored,
    rename,
    render_json,
    render_text,
    rewrite,
    speaker_name,
    turn,
    words_said,
)

Change = Callable[[tuple[Turn, ...]], tuple[Turn, ...]]
"""Returns the changed turns; their number stays the same."""


async def save_upload(
    app: App, user_id: str, session_id: str, upload: TranscriptUpload
) -> Transcript:
    """Replace the transcript by a file's, stored as text and as a JSON document.

    Raises:
        Conflict: the session is no longer at the expected revision.
        Invalid: the file is malformed, naming the line or the path; or its text is too long.
        NotFound: the session.
    """
    turns = await asyncio.to_thread(parse, upload.content, upload.form)
    changes = TranscriptChanges(
        expected_revision=upload.expected_revision,
        text=render_text(turns),
        document=render_json(turns),
        source=upload.source,
        lang=upload.lang,
    )
    return await save_transcript(app, user_id, session_id, changes)


async def get_turns(app: App, user_id: str, session_id: str) -> TranscriptTurns:
    """Return the turns of a session; none without a transcript.

    Raises:
        NotFound: the session.
    """
    return turns_of(await get_transcript(app, user_id, session_id))


async def edit_turn(
    app: App, user_id: str, session_id: str, changes: TurnChanges
) -> TranscriptTurns:
    """Change one turn. Concurrent edits of different turns all succeed.

    Raises:
        Conflict: this turn differs from the expected one.
        Invalid: the turn is invalid.
        NotFound: the session.
    """

    def change(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        known = turns[changes.position] if changes.position < len(turns) else None
        if known is None or digest(known) != changes.expected:
            kind, remedy = "the line has changed", "compare the two and decide"
            raise Conflict("expected", kind, remedy)
        new = turn("the line", known.t_seconds, changes.speaker, changes.text)
        return edit(turns, changes.position, new)

    return await _change(app, user_id, session_id, change)


async def rename_speaker(
    app: App, user_id: str, session_id: str, changes: SpeakerChanges
) -> TranscriptTurns:
    """Rename a speaker in every turn.

    Raises:
        Conflict: the session is no longer at the expected revision; or another speaker has the new
            name, and `merge` is not set.
        Invalid: the name is invalid.
        NotFound: the session, or the speaker.
    """
    name = speaker_name("the name", changes.name)

    def change(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        names = {one.speaker for one in turns}
        if changes.speaker not in names:
            raise NotFound("speaker")
        if name is None:
            raise Invalid(Problem("name", "blank", "give it at least one visible character"))
        if name in names - {changes.speaker} and not changes.merge:
            raise Conflict("name", "another speaker's", "give another name, or merge the two")
        return rename(turns, changes.speaker, name)

    return await _change(app, user_id, session_id, change, changes.expected_revision)


async def _change(
    app: App, user_id: str, session_id: str, change: Change, expected: int | None = None
) -> TranscriptTurns:
    """Change turns while the session's row is locked."""
    key = session_key(session_id)
    async with transaction(app) as db:
        before = await _locked(db, user_id, key)
        if expected not in {None, before.revision}:
            raise outdated(before.revision)
        stored = read_stored(before.text, before.document)
        after = rewrite(stored, change(stored.turns))
        saved = await _write(db, key, after)
    await app.push(SESSION.name, key)
    return turns_of(saved)


async def _locked(db: AsyncSession, user_id: str, key: str) -> Transcript:
    statement = select(*COLUMNS).where(own(SessionRow, user_id, key)).with_for_update()
    found = await one(db, Transcript, statement)
    if found is None:
        raise NotFound("session")
    return found


async def _write(db: AsyncSession, key: str, after: Stored) -> Transcript:
    text = after.text or ""
    if len(text.encode()) > TRANSCRIPT_TEXT_BYTES_MAX:
        remedy = f"at most {TRANSCRIPT_TEXT_BYTES_MAX} bytes of UTF-8 fit; split the session"
        raise Invalid(Problem("text", "a transcript that is too long", remedy))
    values = {
        "transcript_text": text,
        "word_count": words_said(text),
        "transcript_updated_at": func.clock_timestamp(),
        "revision": SessionRow.revision + 1,
    }
    if after.document is not None:
        values["transcript_json"] = cast(literal(after.document, TEXT), JSONB)
    statement = update(SessionRow).where(SessionRow.id == key).values(**values).returning(*COLUMNS)
    saved = await one(db, Transcript, statement)
    if saved is None:
        raise NotFound("session")
    return saved


def turns_of(transcript: Transcript) -> TranscriptTurns:
    """Return the turns of a stored transcript."""
    return TranscriptTurns(
        session_id=transcript.session_id,
        turns=read_stored(transcript.text, transcript.document).turns,
        source=transcript.source,
        lang=transcript.lang,
        updated_at=transcript.updated_at,
        revision=transcript.revision,
    )
