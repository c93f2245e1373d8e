"""Transcripts over HTTP: read, save, edit by turn, and search."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from campaigns import actions
from campaigns.enums import ExportForm
from campaigns.fields import Revision
from campaigns.inputs import TranscriptChanges
from campaigns.records import FoundSession, Page, Transcript, TranscriptTurns
from campaigns.transcript_inputs import (
    SessionSearch,
    SpeakerChanges,
    TranscriptUpload,
    TurnChanges,
)
from campaigns.transcripts import Form
from campaigns.web.api.callers import CallerId, ServedApp
from campaigns.web.api.problems import responses
from campaigns.web.exporting import transcript_download

TRANSCRIPT = "/sessions/{session_id}/transcript"
FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {}}}}

router = APIRouter(tags=["transcripts"], responses=responses(HTTPStatus.CONFLICT))


@router.get(TRANSCRIPT)
async def get_transcript(app: ServedApp, caller: CallerId, session_id: str) -> Transcript:
    """Return a transcript as text and as a JSON document in a string."""
    return await actions.get_transcript(app, caller, session_id)


@router.patch(TRANSCRIPT)
async def save_transcript(
    app: ServedApp, caller: CallerId, session_id: str, changes: TranscriptChanges
) -> Transcript:
    """Save the text, the JSON document, or both; null removes one."""
    return await actions.save_transcript(app, caller, session_id, changes)


@router.put(TRANSCRIPT + "/file", openapi_extra=FILE)
async def save_upload(
    request: Request,
    app: ServedApp,
    caller: CallerId,
    session_id: str,
    form: Form,
    expected_revision: Revision,
) -> Transcript:
    """Replace the transcript by a file, the body of the request."""
    upload = TranscriptUpload(
        expected_revision=expected_revision, content=await request.body(), form=form
    )
    return await actions.save_upload(app, caller, session_id, upload)


@router.get(TRANSCRIPT + "/export.{form}", response_class=Response)
async def export_transcript(
    app: ServedApp, caller: CallerId, session_id: str, form: ExportForm
) -> Response:
    """Return the transcript as a readable file."""
    return transcript_download(await actions.view_session(app, caller, session_id), form)


@router.get(TRANSCRIPT + "/turns")
async def get_turns(app: ServedApp, caller: CallerId, session_id: str) -> TranscriptTurns:
    """Return the turns of a transcript."""
    return await actions.get_turns(app, caller, session_id)


@router.patch(TRANSCRIPT + "/turns")
async def edit_turn(
    app: ServedApp, caller: CallerId, session_id: str, changes: TurnChanges
) -> TranscriptTurns:
    """Change one turn. Concurrent edits of different turns all succeed."""
    return await actions.edit_turn(app, caller, session_id, changes)


@router.patch(TRANSCRIPT + "/speakers")
async def rename_speaker(
    app: ServedApp, caller: CallerId, session_id: str, changes: SpeakerChanges
) -> TranscriptTurns:
    """Rename a speaker in every turn."""
    return await actions.rename_speaker(app, caller, session_id, changes)


@router.get("/search")
async def search_sessions(
    app: ServedApp, caller: CallerId, query: Annotated[SessionSearch, Query()]
) -> Page[FoundSession]:
    """Return the sessions that contain the words, with matching lines."""
    return await actions.search_sessions(app, caller, query)
