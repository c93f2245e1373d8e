"""The page with parity over the window of validation: runs and coverage."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from crossfade.mapping.coverage import COVERAGE_PARTS
from crossfade.postgres.monitoring.details import coverage, runs_since
from crossfade.postgres.monitoring.finding_lists import FindingFilter, PostgresFindingLists
from crossfade.rendering import HEIGHT, WIDTH
from crossfade.web.dashboard.context import InContext, show
from crossfade.web.dashboard.pages.findings import COUNT_MAX
from crossfade.web.dashboard.parity import WINDOW_SECONDS, age_counts, coverage_row, parity_chart

router = APIRouter()


@router.get("/parity")
async def page(request: Request, context: InContext) -> HTMLResponse:
    """Show the runs of the last two weeks, and the coverage."""
    now = datetime.now(UTC)
    runs = await runs_since(context.pool, WINDOW_SECONDS)
    rows = [coverage_row(entity) for entity in await coverage(context.pool)]
    lists = PostgresFindingLists(context.pool)
    return show(
        request,
        "parity.html.j2",
        now=now,
        runs=runs,
        newest=next((run for run in runs if run.finished_at and run.parity is not None), None),
        chart=parity_chart(runs, now),
        coverage=rows,
        ages=age_counts(rows),
        buckets=COVERAGE_PARTS,
        open_findings=await lists.count(FindingFilter(is_open=True), COUNT_MAX + 1),
        count_max=COUNT_MAX,
        width=WIDTH,
        height=HEIGHT,
    )
