"""The page with the backfill's progress."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from crossfade.postgres.monitoring.details import EntityBackfill, backfills
from crossfade.web.dashboard.context import InContext, show

router = APIRouter()


@router.get("/backfill")
async def page(request: Request, context: InContext) -> HTMLResponse:
    """Show the backfill's progress by mapping; the page reloads itself while a window is leased."""
    entities = await backfills(context.pool)
    windows = sum(entity.windows for entity in entities)
    return show(
        request,
        "backfill.html.j2",
        entities=entities,
        share=sum(entity.windows_done for entity in entities) / windows if windows else None,
        rows_read=sum(entity.rows_read for entity in entities),
        rows_estimated=sum(entity.rows_estimated or 0 for entity in entities),
        is_moving=any(entity.windows_leased for entity in entities),
        seconds_left=seconds_left(entities),
        is_done=bool(windows) and all(entity.share == 1 for entity in entities),
    )


def seconds_left(entities: tuple[EntityBackfill, ...]) -> float | None:
    """Return the estimated seconds remaining at the average rate; None while it is unknown."""
    planned = [one.planned_at for one in entities if one.planned_at]
    advanced = [one.advanced_at for one in entities if one.advanced_at]
    read = sum(one.rows_read for one in entities)
    left = sum(max(0, (one.rows_estimated or 0) - one.rows_read) for one in entities)
    if not planned or not advanced or not read or not left:
        return None
    return left * (max(advanced) - min(planned)).total_seconds() / read
