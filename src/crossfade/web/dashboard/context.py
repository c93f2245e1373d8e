"""What every page of the dashboard works with, and who is looking at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import AccessDenied
from crossfade.mapping.application import Application
from crossfade.settings import Settings
from crossfade.web.dashboard.snapshot import Snapshot
from crossfade.web.dashboard.sse import SnapshotStream
from crossfade.web.dashboard.tokens import LOCAL_NAME, Operator, Tokens
from crossfade.web.security import RateLimiter, SignedCookie, form_token, require_own_form

BEARER = "Bearer "


class NotSignedIn(AccessDenied):
    """A page was asked for by somebody who has not signed in."""

    def __init__(self) -> None:
        super().__init__("sign in first, or send the operator token as a bearer token")


@dataclass(frozen=True, slots=True)
class DashboardContext:
    """What the pages of one process share.

    Attributes:
        pool: connections to the database of the ledger's schema.
        templates: the pages' templates.
        secret: what cookies and forms are signed with.
        cookie: who has signed in.
        attempts: how often an address may try to sign in.
        live: the looks of the overview, shared by all who watch.
        stop: set when the process ends; whatever waits for something ends then.
    """

    settings: Settings
    application: Application
    pool: AsyncConnectionPool
    templates: Environment
    tokens: Tokens
    secret: str
    cookie: SignedCookie
    attempts: RateLimiter
    live: SnapshotStream[Snapshot]
    stop: asyncio.Event


def context_of(request: Request) -> DashboardContext:
    """Return the process's desk."""
    context: DashboardContext = request.app.state.context
    return context


def visitor(request: Request) -> Operator | None:
    """Return who is looking, by cookie or bearer token; None when nobody has signed in."""
    context = context_of(request)
    header = request.headers.get("authorization", "")
    if header.startswith(BEARER):
        return context.tokens.admit(header.removeprefix(BEARER).strip(), "bearer of a token")
    match context.cookie.read(request):
        case [str(name), bool(may_reveal)]:
            return Operator(name, may_reveal)
        case _:
            return Operator(LOCAL_NAME) if context.tokens.is_open else None


async def operator(request: Request) -> Operator:
    """Return who is looking; a form must come from a page of theirs.

    Raises:
        NotSignedIn: nobody.
        Forged: a form was sent by another site.
    """
    found = visitor(request)
    if found is None:
        raise NotSignedIn
    if not request.headers.get("authorization", "").startswith(BEARER):
        await require_own_form(context_of(request).secret, request, identity(found))
    return found


InContext = Annotated[DashboardContext, Depends(context_of)]
SignedIn = Annotated[Operator, Depends(operator)]


def identity(found: Operator | None) -> str:
    """Return whom a form belongs to."""
    return f"{found.may_reveal:d} {found.name}" if found else ""


def show(
    request: Request, template: str, /, *, status_code: int = 200, **facts: object
) -> HTMLResponse:
    """Return a page.

    Args:
        request: what is answered; the page knows its path, its operator and the token of its forms.
        template: the file's name.
        status_code: the answer's.
        facts: what the template shows.
    """
    context = context_of(request)
    found = visitor(request)
    html = context.templates.get_template(template).render(
        path=request.url.path,
        operator=found,
        needs_sign_in=not context.tokens.is_open,
        csrf_token=_token(context, request, found),
        **facts,
    )
    return HTMLResponse(html, status_code)


def _token(
    context: DashboardContext, request: Request, found: Operator | None
) -> Callable[[], str]:
    """A function, so that only pages with a form give the browser a cookie."""
    return lambda: form_token(context.secret, request, identity(found))
