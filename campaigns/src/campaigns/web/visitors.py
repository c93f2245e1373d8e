"""The signed-in user of a request, and the check of form tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from campaigns.actions import get_account
from campaigns.passwords import fingerprint
from campaigns.records import Account, User
from campaigns.web.context import context_of
from crossfade.web.security import form_token, require_own_form


class SignInNeeded(Exception):
    """The page needs a signed-in user; `address` is the sign-in page to redirect to."""

    def __init__(self, request: Request) -> None:
        super().__init__("not signed in")
        wanted = f"{request.url.path}?{request.url.query}".rstrip("?")
        query = urlencode({"next": wanted}) if request.method == "GET" else ""
        self.address = f"/sign-in?{query}".rstrip("?")


async def visitor(request: Request) -> User | None:
    """Return the signed-in user or None; at most one statement per request."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = await _visitor(request)
    return current_visitor(request)


def current_visitor(request: HTTPConnection) -> User | None:
    """Return the user that `visitor` found; None also if `visitor` was not called yet."""
    found = getattr(request.state, "visitor", None)
    return found if isinstance(found, User) else None


async def signed_in(request: Request) -> User:
    """Return the signed-in user.

    Raises:
        SignInNeeded: no user is signed in; the response redirects to the sign-in page.
    """
    user = await visitor(request)
    if user is None:
        raise SignInNeeded(request)
    return user


Visitor = Annotated[User | None, Depends(visitor)]
"""A route parameter that receives the signed-in user, or None."""

SignedIn = Annotated[User, Depends(signed_in)]
"""A route parameter that receives the signed-in user and refuses other visitors."""


async def _visitor(request: Request) -> User | None:
    context = context_of(request)
    ticket = context.signed_in.read(request)
    if ticket is None:
        return None
    user_id, seen = ticket
    account = await get_account(context.app, user_id)
    if account is None or account.password_hash is None:
        return None
    return account.user if fingerprint(account.password_hash) == seen else None


def sign_in(request: Request, response: Response, account: Account) -> None:
    """Sign a browser in until its cookie expires or the password changes."""
    kept = account.password_hash or b""
    context_of(request).signed_in.write(response, [account.user.id, fingerprint(kept)])


def sign_out(request: Request, response: Response) -> None:
    """Sign a browser out."""
    context_of(request).signed_in.clear(response)


def page_token(request: HTTPConnection) -> str:
    """Return the form token of a page."""
    context = context_of(Request(request.scope))
    return form_token(context.options.secret, request, _identity(request))


async def own_forms(request: Request) -> AsyncIterator[None]:
    """Refuse forms without a valid token of this visit; close uploaded files at the end.

    Raises:
        Forged: the token is missing or belongs to another visit.
    """
    try:
        await require_own_form(context_of(request).options.secret, request, _identity(request))
        yield
    finally:
        await request.close()


def _identity(request: HTTPConnection) -> str:
    ticket = context_of(Request(request.scope)).signed_in.read(request)
    return "" if ticket is None else " ".join(ticket)
