"""Shared links to a session's recap over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from campaigns import actions
from campaigns.records import Session, SharedRecap
from campaigns.transcript_inputs import ShareRequest
from campaigns.web.api.callers import CallerId, ServedApp
from campaigns.web.api.problems import responses

router = APIRouter(tags=["shares"])


@router.put("/sessions/{session_id}/share", responses=responses(HTTPStatus.CONFLICT))
async def share_session(
    app: ServedApp, caller: CallerId, session_id: str, request: ShareRequest
) -> Session:
    """Let anyone who has the link read the recap until it expires; `share_token` ends the link."""
    return await actions.share_session(app, caller, session_id, request)


@router.delete("/sessions/{session_id}/share")
async def revoke_share(app: ServedApp, caller: CallerId, session_id: str) -> Session:
    """Revoke the link permanently."""
    return await actions.revoke_share(app, caller, session_id)


@router.get("/shared/{token}")
async def get_shared(app: ServedApp, token: str) -> SharedRecap:
    """Return a shared recap, without authentication; it never contains the notes."""
    return await actions.get_shared(app, token)
