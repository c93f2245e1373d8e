"""The pages to sign in with a token, and to sign out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from crossfade.web.dashboard.context import InContext, SignedIn, identity, show, visitor
from crossfade.web.dashboard.tokens import NAME_CHARACTERS_MAX
from crossfade.web.security import address_of, require_own_form, safe_next

router = APIRouter()

REFUSED = "This token is wrong."
SEE_OTHER = 303


@router.get("/sign-in")
async def ask(request: Request, next_page: str = "/") -> HTMLResponse:
    """Show the form for a name and a token."""
    return _form(request, next_page=next_page)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    context: InContext,
    name: Annotated[str, Form(max_length=NAME_CHARACTERS_MAX)] = "",
    token: Annotated[str, Form(max_length=1000)] = "",
    next_page: Annotated[str, Form(max_length=1000)] = "/",
) -> Response:
    """Sign an operator in; attempts are limited by address."""
    await require_own_form(context.secret, request, identity(visitor(request)))
    context.attempts.attempt(address_of(request))
    given = " ".join(name.split())
    found = context.tokens.admit(token, given) if given else None
    if found is None:
        problem = REFUSED if given else "Enter your name; it is recorded with your actions."
        return _form(request, next_page=next_page, name=name, problem=problem, status_code=422)
    context.attempts.forgive(address_of(request))
    answer = RedirectResponse(safe_next(next_page), SEE_OTHER)
    context.cookie.write(answer, [found.name, found.may_reveal])
    return answer


@router.post("/sign-out")
async def sign_out(context: InContext, found: SignedIn) -> Response:
    """Sign the operator out."""
    del found
    answer = RedirectResponse("/sign-in", SEE_OTHER)
    context.cookie.clear(answer)
    return answer


def _form(
    request: Request, *, next_page: str, name: str = "", problem: str = "", status_code: int = 200
) -> HTMLResponse:
    return show(
        request,
        "sign_in.html.j2",
        status_code=status_code,
        next_page=safe_next(next_page),
        name=name,
        problem=problem,
        name_characters_max=NAME_CHARACTERS_MAX,
    )
