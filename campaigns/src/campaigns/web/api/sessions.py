"""Sessions over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from campaigns import actions
from campaigns.inputs import NewSession, SessionChanges, SessionQuery
from campaigns.mapping import SESSION
from campaigns.records import Page, Session
from campaigns.web.api.callers import CallerId, ServedApp
from campaigns.web.api.problems import responses
from crossfade import DeliveryStatus

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.get("")
async def list_sessions(
    app: ServedApp, caller: CallerId, query: Annotated[SessionQuery, Query()]
) -> Page[Session]:
    """Return your sessions, newest first: all, of one campaign, or of no campaign."""
    return await actions.list_sessions(app, caller, query)


@router.post("", status_code=HTTPStatus.CREATED, responses=responses(HTTPStatus.CONFLICT))
async def create_session(app: ServedApp, caller: CallerId, new: NewSession) -> Session:
    """Create a session, in a campaign or in none."""
    return await actions.create_session(app, caller, new)


@router.get("/{session_id}")
async def get_session(app: ServedApp, caller: CallerId, session_id: str) -> Session:
    """Return a session without its transcript."""
    return await actions.get_session(app, caller, session_id)


@router.get("/{session_id}/whereabouts")
async def locate_session(app: ServedApp, caller: CallerId, session_id: str) -> DeliveryStatus:
    """Return whether both stores have the session's newest version."""
    session = await actions.get_session(app, caller, session_id)
    if app.delivery_status is None:
        return DeliveryStatus.UNKNOWN
    (where,) = await app.delivery_status(SESSION.name, [(session.id,)])
    return where


@router.patch("/{session_id}", responses=responses(HTTPStatus.CONFLICT))
async def update_session(
    app: ServedApp, caller: CallerId, session_id: str, changes: SessionChanges
) -> Session:
    """Change the given fields. A given `campaign_id` moves the session, null to no campaign."""
    return await actions.update_session(app, caller, session_id, changes)


@router.delete(
    "/{session_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(HTTPStatus.CONFLICT),
)
async def delete_session(app: ServedApp, caller: CallerId, session_id: str) -> None:
    """Delete a session with its transcript."""
    await actions.delete_session(app, caller, session_id)
