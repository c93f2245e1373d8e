"""Transcripts: save and get."""

from __future__ import annotations

from typing import Any

from sqlalchemy import cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, TEXT

from campaigns.actions.rows import found, one, own, refused, session_key
from campaigns.app import App, transaction
from campaigns.inputs import TranscriptChanges
from campaigns.mapping import SESSION
from campaigns.models import SessionRow
from campaigns.records import Transcript
from campaigns.transcripts import words_said

METADATA = (
    SessionRow.id.label("session_id"),
    SessionRow.transcript_source.label("source"),
    SessionRow.transcript_lang.label("lang"),
    SessionRow.word_count,
    SessionRow.transcript_updated_at.label("updated_at"),
    SessionRow.revision,
)
COLUMNS = (
    *METADATA,
    SessionRow.transcript_text.label("text"),
    cast(SessionRow.transcript_json, TEXT).label("document"),
)


async def save_transcript(
    app: App, user_id: str, session_id: str, changes: TranscriptChanges
) -> Transcript:
    """Save the text, the JSON document, or both, and increment the revision.

    Returns:
        The whole transcript, including fields that were not given.

    Raises:
        Conflict: the session is no longer at the expected revision.
        Invalid: PostgreSQL cannot store the document as `jsonb`.
        NotFound: the session.
    """
    key = session_key(session_id)
    statement = (
        update(SessionRow)
        .where(own(SessionRow, user_id, key), SessionRow.revision == changes.expected_revision)
        .values(**columns_of(changes), revision=SessionRow.revision + 1)
        .returning(*COLUMNS)
    )
    async with transaction(app) as db:
        transcript = await one(db, Transcript, statement)
        if transcript is None:
            raise await refused(db, SessionRow, user_id, key, "session")
    await app.push(SESSION.name, key)
    return transcript


async def get_transcript(app: App, user_id: str, session_id: str) -> Transcript:
    """Return the transcript of a session; its texts are None if there is none.

    Raises:
        NotFound: the session.
    """
    key = session_key(session_id)
    async with transaction(app) as db:
        statement = select(*COLUMNS).where(own(SessionRow, user_id, key))
        return found(await one(db, Transcript, statement), "session")


def columns_of(changes: TranscriptChanges) -> dict[str, Any]:
    """Return the columns to write for the given fields."""
    values: dict[str, Any] = {"transcript_updated_at": func.clock_timestamp()}
    given = changes.given()
    if "text" in given:
        values["transcript_text"] = changes.text
        values["word_count"] = None if changes.text is None else words_said(changes.text)
    if "document" in given:
        values["transcript_json"] = cast(literal(changes.document, TEXT), JSONB)
    if "source" in given:
        values["transcript_source"] = changes.source
    if "lang" in given:
        values["transcript_lang"] = changes.lang
    return values
