"""What monitors ask: whether the process lives, and whether it can answer."""

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
    NoSuchStore: "nothing is installed in this database: run `crossfade install`",
    SchemaChanged: "another release installed the ledger: run `crossfade install` of the newest",
}


@router.get("/healthz")
async def lives() -> PlainTextResponse:
    """Say that the process lives; nothing else is looked at."""
    return PlainTextResponse("alive\n")


@router.get("/readyz")
async def is_ready(context: InContext) -> PlainTextResponse:
    """Say whether the database answers and its schema is this release's; 503 and why otherwise.

    Anybody may ask, so the reason names neither server nor role.
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
    """Return what the ledger's schema says, for Prometheus; it sends the operator token."""
    del found
    return Response(exposition(await context.live.now()), media_type=CONTENT_TYPE_LATEST)
