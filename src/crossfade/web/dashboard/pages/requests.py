"""The pages of actions: requests are confirmed, carried out by a worker, and recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from crossfade.operations.requests import (
    OperatorRequest,
    Repair,
    Reveal,
    Task,
    Unpark,
    Verify,
    kind_of,
)
from crossfade.postgres.monitoring.requests import PostgresRequests
from crossfade.web.dashboard.context import DashboardContext, InContext, SignedIn, show
from crossfade.web.dashboard.parameters import (
    NUMBER_MAX,
    FormText,
    Number,
    PathNumber,
    Text,
    key_of,
)
from crossfade.web.dashboard.request_labels import described
from crossfade.web.dashboard.tokens import Operator

router = APIRouter()

WAIT_SECONDS_MAX = 15.0
"""A request that waits for longer is shown with a hint to start a worker."""


@router.get("/actions")
async def page(request: Request, context: InContext) -> HTMLResponse:
    """List the newest requests, and offer the actions."""
    found = await PostgresRequests(context.pool).newest()
    return show(
        request,
        "actions.html.j2",
        requests=found,
        described=described,
        is_open=any(one.is_open for one in found),
        is_overdue=any(_is_overdue(one) for one in found),
    )


@router.get("/actions/verify")
async def ask_verify(
    request: Request, context: InContext, entity: Text = "", *, deep: bool = False
) -> HTMLResponse:
    """Explain a pass, and ask for its entity and depth."""
    task = _verify(context, entity, deep=deep)
    return _confirm(
        request, task, entities=sorted(context.application.by_name), entity=entity, deep=deep
    )


@router.post("/actions/verify")
async def verify(
    context: InContext,
    found: SignedIn,
    entity: FormText = "",
    *,
    deep: Annotated[bool, Form()] = False,
) -> RedirectResponse:
    """Request a pass."""
    return await _ask(context, found, _verify(context, entity, deep=deep))


@router.get("/actions/repair")
async def ask_repair(request: Request, finding: Number | None = None) -> HTMLResponse:
    """Explain a repair, and ask for confirmation."""
    return _confirm(request, Repair(finding), finding=finding)


@router.post("/actions/repair")
async def repair(
    context: InContext,
    found: SignedIn,
    finding: Annotated[int | None, Form(ge=1, le=NUMBER_MAX)] = None,
) -> RedirectResponse:
    """Request a repair."""
    return await _ask(context, found, Repair(finding))


@router.get("/actions/unpark")
async def ask_unpark(request: Request, entity: Text = "", key: Text = "") -> HTMLResponse:
    """Explain un-parking, and ask for confirmation."""
    return _confirm(request, _unpark(entity, key), entity=entity, key=key)


@router.post("/actions/unpark")
async def unpark(
    context: InContext, found: SignedIn, entity: FormText = "", key: FormText = ""
) -> RedirectResponse:
    """Un-park keys at once: it changes the ledger only and needs no worker."""
    task = _unpark(entity, key)
    return _to(await PostgresRequests(context.pool).unpark(task, found.name))


@router.get("/actions/reveal")
async def ask_reveal(
    request: Request, context: InContext, found: SignedIn, entity: Text, key: Text
) -> HTMLResponse:
    """Explain that a reveal is recorded, and ask for confirmation."""
    return _confirm(request, _reveal(context, found, entity, key), entity=entity, key=key)


@router.post("/actions/reveal")
async def reveal(
    context: InContext, found: SignedIn, entity: FormText = "", key: FormText = ""
) -> RedirectResponse:
    """Request the contents of one key."""
    return await _ask(context, found, _reveal(context, found, entity, key))


@router.get("/actions/{number}")
async def one(
    request: Request, context: InContext, operator: SignedIn, number: PathNumber
) -> HTMLResponse:
    """Show one request, and the revealed contents if the operator requested them."""
    requests = PostgresRequests(context.pool)
    found = await requests.find(number)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    may_see = operator.may_reveal and operator.name == found.requested_by
    revealed = await requests.revealed(number) if may_see else None
    return show(
        request,
        "action.html.j2",
        asked=found,
        described=described(found.task),
        is_overdue=_is_overdue(found),
        is_reveal=isinstance(found.task, Reveal),
        revealed=revealed,
    )


@router.post("/actions/{number}/withdraw")
async def withdraw(context: InContext, found: SignedIn, number: PathNumber) -> RedirectResponse:
    """Withdraw a request that no worker has started."""
    await PostgresRequests(context.pool).withdraw(number, found.name)
    return RedirectResponse(f"/actions/{number}", HTTPStatus.SEE_OTHER)


def _confirm(request: Request, task: Task, **fields: object) -> HTMLResponse:
    return show(
        request, "confirm.html.j2", kind=kind_of(task), title=described(task), fields=fields
    )


async def _ask(context: DashboardContext, found: Operator, task: Task) -> RedirectResponse:
    return _to(await PostgresRequests(context.pool).ask(task, found.name))


def _to(asked: OperatorRequest) -> RedirectResponse:
    return RedirectResponse(f"/actions/{asked.id}", HTTPStatus.SEE_OTHER)


def _verify(context: DashboardContext, entity: str, *, deep: bool) -> Verify:
    if entity and entity not in context.application.by_name:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Verify((entity,) if entity else (), is_deep=deep)


def _unpark(entity: str, key: str) -> Unpark:
    if key and not entity:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return Unpark(entity or None, key_of(entity, key).parts if key else None)


def _reveal(context: DashboardContext, found: Operator, entity: str, key: str) -> Reveal:
    if not found.may_reveal:
        raise HTTPException(HTTPStatus.FORBIDDEN, "Sign in with the token that may reveal content.")
    if entity not in context.application.by_name:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Reveal(entity, key_of(entity, key).parts)


def _is_overdue(asked: OperatorRequest) -> bool:
    age = (datetime.now(UTC) - asked.requested_at).total_seconds()
    return asked.is_open and asked.taken_at is None and age > WAIT_SECONDS_MAX
