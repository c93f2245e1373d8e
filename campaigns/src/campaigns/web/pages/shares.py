"""Shared links to a session's recap: the owner creates and revokes them, anyone may open them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import get_shared, revoke_share, share_session
from campaigns.errors import Conflict, Invalid, Problem
from campaigns.transcript_inputs import ShareRequest
from campaigns.web.context import InContext
from campaigns.web.rendering import Tone, go_to, part
from campaigns.web.visitors import SignedIn

router = APIRouter()

DAYS = ("7", "30", "90", "365")
UNLISTED = {"x-robots-tag": "noindex, nofollow, noarchive", "referrer-policy": "no-referrer"}


@router.post("/sessions/{session_id}/share")
async def share(request: Request, context: InContext, user: SignedIn, session_id: str) -> Response:
    """Create a link that lets anyone read the recap."""
    form = await request.form()
    days = str(form.get("days", ""))
    if days not in DAYS:
        raise Invalid(Problem("days", "not one of the choices", "choose how long the link works"))
    wanted = ShareRequest.model_validate(
        {
            "expected_revision": form.get("expected_revision", ""),
            "expires_at": datetime.now(UTC) + timedelta(days=int(days)),
        }
    )
    there = f"/sessions/{session_id}#share"
    try:
        await share_session(context.app, user.id, session_id, wanted)
    except Conflict:
        notice = "The session was changed in the meantime. Check the recap, then share it."
        return go_to(request, there, notice, Tone.BAD)
    return go_to(request, there, "Anyone who has the link can now read the recap.")


@router.post("/sessions/{session_id}/share/revoke")
async def revoke(request: Request, context: InContext, user: SignedIn, session_id: str) -> Response:
    """Revoke the link."""
    await revoke_share(context.app, user.id, session_id)
    return go_to(request, f"/sessions/{session_id}#share", "The link was revoked.")


@router.get("/s/{token}")
async def show_shared(context: InContext, token: str) -> Response:
    """Show a shared recap. It needs no account and sets no cookie."""
    recap = await get_shared(context.app, token)
    response = part(context, "sessions/shared.html.j2", recap=recap)
    response.headers.update(UNLISTED)
    return response
