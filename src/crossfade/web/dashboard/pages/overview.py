"""The overview: whether all is well, and what is not."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from crossfade.web.dashboard.context import AtDesk, Desk, show
from crossfade.web.dashboard.overview import facts
from crossfade.web.dashboard.snapshot import Seen

router = APIRouter()


@router.get("/")
async def page(request: Request, desk: AtDesk) -> HTMLResponse:
    """Show how the migration stands at this moment."""
    return show(request, "overview.html.j2", **facts(await desk.live.now()))


@router.get("/overview/live")
async def live(desk: AtDesk) -> StreamingResponse:
    """Send the figures of the overview whenever they change."""
    return desk.live.stream(lambda seen: _figures(desk, seen))


def _figures(desk: Desk, seen: Seen) -> str:
    return desk.templates.get_template("overview_figures.html.j2").render(facts(seen))
