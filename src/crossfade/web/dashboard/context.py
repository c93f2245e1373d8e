"""The context of the dashboard's pages, and the signed-in operator."""

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
    """A page was requested without signing in."""

    def __init__(self) -> None:
        super().__init__("sign in first, or send the operator token as a bearer token")


@dataclass(frozen=True, slots=True)
class DashboardContext:
    """The objects that all pages of one process share.

    Attributes:
        pool: connections to the database of the ledger's schema.
        templates: the pages' templates.
        secret: the key that signs cookies and form tokens.
        cookie: the cookie of signed-in operators.
        attempts: the limit on sign-in attempts by address.
        live: the snapshots of the overview, shared by all open pages.
        stop: set when the process ends, to end open streams.
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
    """Return the process's context."""
    context: DashboardContext = request.app.state.context
    return context


def visitor(request: Request) -> Operator | None:
    """Return the operator by cookie or bearer token; None if nobody is signed in."""
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
    """Return the operator. Without a bearer token, a form needs a valid CSRF token.

    Raises:
        NotSignedIn: nobody is signed in.
        Forged: the form's token is missing or invalid.
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
    """Return the identity that form tokens are bound to; empty if nobody is signed in."""
    return f"{found.may_reveal:d} {found.name}" if found else ""


def show(
    request: Request, template: str, /, *, status_code: int = 200, **facts: object
) -> HTMLResponse:
    """Return a page.

    Args:
        request: the request; the template gets its path, operator and form token.
        template: the template's file name.
        status_code: the HTTP status.
        facts: the template's other variables.
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
    """Return a function, so that only pages with a form set the cookie of the visit."""
    return lambda: form_token(context.secret, request, identity(found))
