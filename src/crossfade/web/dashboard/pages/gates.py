"""The page with the gates before the cut-over."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from crossfade.cutover.gates import Phase
from crossfade.cutover.readiness import readiness
from crossfade.postgres.monitoring.gates import gate_facts
from crossfade.web.dashboard.context import InContext, show

router = APIRouter()


@router.get("/gates")
async def page(request: Request, context: InContext) -> HTMLResponse:
    """Show each gate with its value, its threshold and its reason."""
    thresholds = context.settings.thresholds
    facts = await gate_facts(context.pool, thresholds.quiet_seconds_min)
    current = readiness(facts, thresholds)
    phases = list(Phase)
    return show(
        request,
        "gates.html.j2",
        readiness=current,
        phases=[(phase, phases.index(phase) - phases.index(current.phase)) for phase in phases],
        closed=sum(not gate.is_passed for gate in current.gates),
    )
