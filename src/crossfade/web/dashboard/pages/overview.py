"""The overview: whether all is well, and what is not."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from crossfade.web.dashboard.context import DashboardContext, InContext, show
from crossfade.web.dashboard.overview import facts
from crossfade.web.dashboard.snapshot import Snapshot

router = APIRouter()


@router.get("/")
async def page(request: Request, context: InContext) -> HTMLResponse:
    """Show how the migration stands at this moment."""
    return show(request, "overview.html.j2", **facts(await context.live.now()))


@router.get("/overview/live")
async def live(context: InContext) -> StreamingResponse:
    """Send the figures of the overview whenever they change."""
    return context.live.stream(lambda seen: _figures(context, seen))


def _figures(context: DashboardContext, seen: Snapshot) -> str:
    return context.templates.get_template("overview_figures.html.j2").render(facts(seen))
