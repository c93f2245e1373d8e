"""Search in the sessions of one campaign, or in all sessions."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import get_campaign, search_sessions
from campaigns.errors import Invalid
from campaigns.records import FoundSession, Page
from campaigns.transcript_inputs import SEARCH_CHARACTERS_MAX, SessionSearch
from campaigns.transcripts import colours
from campaigns.web.badges import badges_of
from campaigns.web.context import InContext
from campaigns.web.reading import window_at
from campaigns.web.rendering import page
from campaigns.web.visitors import SignedIn

router = APIRouter()

NOTHING: Page[FoundSession] = Page((), None)


@router.get("/search")
async def search(request: Request, context: InContext, user: SignedIn) -> Response:
    """Show the sessions that contain the words, with matching lines."""
    words = request.query_params.get("words", "").strip()
    campaign_id = request.query_params.get("campaign") or None
    campaign = await get_campaign(context.app, user.id, campaign_id) if campaign_id else None
    found, problem = NOTHING, ""
    if words:
        try:
            wanted = SessionSearch(
                words=words, campaign_id=campaign_id, after=request.query_params.get("after")
            )
            found = await search_sessions(context.app, user.id, wanted)
        except Invalid:
            problem = f"Enter at most {SEARCH_CHARACTERS_MAX} characters of plain text."
    return page(
        request,
        "sessions/search.html.j2",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        campaign=campaign,
        words=words[:SEARCH_CHARACTERS_MAX],
        problem=problem,
        found=found,
        badges=await badges_of(context.app, [one.session.id for one in found.items]),
        colours=colours_of(found),
        window_at=window_at,
    )


def colours_of(found: Page[FoundSession]) -> dict[str, int]:
    """Return the colour of each speaker in the lines."""
    names = (line.speaker for one in found.items for line in one.snippets)
    return colours(dict.fromkeys(name for name in names if name is not None))
