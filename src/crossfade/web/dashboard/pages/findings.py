"""The pages of findings: lists with filters, and single findings with their evidence."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from crossfade.parity.model import Cause, Verdict
from crossfade.postgres.monitoring.finding_lists import FindingPage, PostgresFindingLists
from crossfade.web.dashboard.context import InContext, show
from crossfade.web.dashboard.findings import (
    FOREIGN,
    MEANINGS,
    Filters,
    FindingState,
    version_text,
)
from crossfade.web.dashboard.parameters import Number, PathNumber, Text, key_json, row_parts

router = APIRouter()

COUNT_MAX = 10_000
Empty = Literal[""]
"""The value that a form sends for a field without a choice."""


def filters_of(
    *,
    entity: Text = "",
    verdict: Verdict | Empty = "",
    cause: Cause | Empty = "",
    state: Annotated[FindingState, Query(alias="standing")] = FindingState.OPEN,
    since: date | Empty = "",
    key: Text = "",
) -> Filters:
    """Return the filters in an address."""
    return Filters(entity, verdict or None, cause or None, state, since or None, key)


@router.get("/findings")
async def page(
    request: Request,
    context: InContext,
    filters: Annotated[Filters, Depends(filters_of)],
    after: Number | None = None,
    before: Number | None = None,
) -> HTMLResponse:
    """Show a page of findings, after or before a finding's number."""
    lists = PostgresFindingLists(context.pool)
    found = await lists.page(filters.query, after=after, before=before)
    counted = await lists.count(filters.query, COUNT_MAX + 1)
    return show(
        request,
        "findings.html.j2",
        filters=filters,
        found=found,
        counted=counted,
        count_max=COUNT_MAX,
        kinds=await lists.kinds(),
        states=list(FindingState),
        foreign=FOREIGN,
        links=_links(filters, found),
    )


@router.get("/findings/{number}")
async def one(request: Request, context: InContext, number: PathNumber) -> HTMLResponse:
    """Show one finding with its evidence."""
    finding = await PostgresFindingLists(context.pool).find(number)
    if finding is None:
        raise HTTPException(404)
    comparison = finding.comparison
    return show(
        request,
        "finding.html.j2",
        finding=finding,
        comparison=comparison,
        evidence=comparison.evidence,
        meaning=MEANINGS.get(comparison.verdict, ""),
        versions=version_text(comparison.evidence),
        row_parts=row_parts(context.application, comparison.key),
        key_json=key_json(comparison.key.parts),
    )


def _links(filters: Filters, found: FindingPage) -> dict[str, str]:
    earlier = found.has_earlier and bool(found.findings)
    later = found.has_later and bool(found.findings)
    return {
        "first": filters.link() if earlier else "",
        "earlier": filters.link(before=found.findings[0].id) if earlier else "",
        "later": filters.link(after=found.findings[-1].id) if later else "",
    }
