"""The addresses for monitors: liveness, readiness and metrics."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from crossfade.errors import AccessDenied, NoSuchStore, SchemaChanged, Unavailable
from crossfade.postgres.monitoring.overview import check_schema
from crossfade.web.dashboard.context import InContext, SignedIn
from crossfade.web.dashboard.metrics import exposition

router = APIRouter()

ANSWER_SECONDS = 3.0
REASONS: dict[type[Unavailable], str] = {
    AccessDenied: "the role lacks a permission, or its password is wrong",
    NoSuchStore: "the ledger is not installed in this database: run `crossfade install`",
    SchemaChanged: "the ledger is of another release: run `crossfade install` of the newest",
}


@router.get("/healthz")
async def liveness() -> PlainTextResponse:
    """Report that the process is running, without any further check."""
    return PlainTextResponse("alive\n")


@router.get("/readyz")
async def readiness(context: InContext) -> PlainTextResponse:
    """Report whether the database answers with the schema of this release; else 503 with a reason.

    The address is public, so the reason names neither server nor role.
    """
    try:
        await check_schema(context.pool, ANSWER_SECONDS)
    except Unavailable as error:
        reason = REASONS.get(type(error), "the database cannot be reached")
        text = f"not ready: {reason} ({type(error).__name__})\n"
        return PlainTextResponse(text, HTTPStatus.SERVICE_UNAVAILABLE)
    return PlainTextResponse("ready\n")


@router.get("/metrics")
async def metrics(context: InContext, found: SignedIn) -> Response:
    """Return the metrics of the ledger's schema; Prometheus sends the operator token."""
    del found
    return Response(exposition(await context.live.now()), media_type=CONTENT_TYPE_LATEST)
