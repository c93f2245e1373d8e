"""Transcripts over HTTP: whole, turn by turn, and searched."""

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
    """Return what was said, as text and as the JSON text of its turns."""
    return await actions.get_transcript(app, caller, session_id)


@router.patch(TRANSCRIPT)
async def save_transcript(
    app: ServedApp, caller: CallerId, session_id: str, changes: TranscriptChanges
) -> Transcript:
    """Save a transcript's text, its JSON, or both; null removes one."""
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
    """Save a transcript file, the body of the request, instead of the transcript before."""
    upload = TranscriptUpload(
        expected_revision=expected_revision, content=await request.body(), form=form
    )
    return await actions.save_upload(app, caller, session_id, upload)


@router.get(TRANSCRIPT + "/export.{form}", response_class=Response)
async def export_transcript(
    app: ServedApp, caller: CallerId, session_id: str, form: ExportForm
) -> Response:
    """Return what was said as a text for people."""
    return transcript_download(await actions.view_session(app, caller, session_id), form)


@router.get(TRANSCRIPT + "/turns")
async def get_turns(app: ServedApp, caller: CallerId, session_id: str) -> TranscriptTurns:
    """Return what was said, turn by turn."""
    return await actions.get_turns(app, caller, session_id)


@router.patch(TRANSCRIPT + "/turns")
async def edit_turn(
    app: ServedApp, caller: CallerId, session_id: str, changes: TurnChanges
) -> TranscriptTurns:
    """Change one turn and no other; of two callers who edit different turns both succeed."""
    return await actions.edit_turn(app, caller, session_id, changes)


@router.patch(TRANSCRIPT + "/speakers")
async def rename_speaker(
    app: ServedApp, caller: CallerId, session_id: str, changes: SpeakerChanges
) -> TranscriptTurns:
    """Give somebody who speaks another name, in every turn."""
    return await actions.rename_speaker(app, caller, session_id, changes)


@router.get("/search")
async def search_sessions(
    app: ServedApp, caller: CallerId, query: Annotated[SessionSearch, Query()]
) -> Page[FoundSession]:
    """Return the sessions that have the words, with lines that show why."""
    return await actions.search_sessions(app, caller, query)
