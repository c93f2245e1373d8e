"""The overview page, and its live stream."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from crossfade.web.dashboard.context import DashboardContext, InContext, show
from crossfade.web.dashboard.overview import facts
from crossfade.web.dashboard.snapshot import Snapshot

router = APIRouter()


@router.get("/")
async def page(request: Request, context: InContext) -> HTMLResponse:
    """Show the current state of the migration."""
    return show(request, "overview.html.j2", **facts(await context.live.now()))


@router.get("/overview/live")
async def live(context: InContext) -> StreamingResponse:
    """Stream the figures of the overview whenever they change."""
    return context.live.stream(lambda snapshot: _figures(context, snapshot))


def _figures(context: DashboardContext, snapshot: Snapshot) -> str:
    return context.templates.get_template("overview_figures.html.j2").render(facts(snapshot))
