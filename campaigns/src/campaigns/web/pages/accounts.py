"""Signing up, in and out.

No page tells whether an address has an account: unknown and wrong look and take the same, and
signing up with a taken address looks like any other.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.actions import create_user, find_account, record_sign_in
from campaigns.errors import Conflict, Invalid, Problem
from campaigns.fields import PASSWORD_CHARACTERS_MIN
from campaigns.inputs import NewPassword, NewUser
from campaigns.web.context import InContext
from campaigns.web.forms import Field, WhenEmpty, Widget, read_form, refused, shown
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import Visitor, sign_in, sign_out
from crossfade.web.security import address_of, safe_next

router = APIRouter()


def new_password(label: str) -> Field:
    """Return the field of a password to be kept."""
    return Field(
        "password",
        label,
        Widget.PASSWORD,
        WhenEmpty.SEND,
        required=True,
        hint=f"At least {PASSWORD_CHARACTERS_MIN} characters; a few words are fine.",
        autocomplete="new-password",
    )


EMAIL = Field(
    "email", "Email address", Widget.EMAIL, WhenEmpty.SEND, required=True, autocomplete="username"
)
NEW_ACCOUNT = (
    Field("name", "Your name", autocomplete="name", hint="As others at the table know you."),
    EMAIL,
    new_password("Password"),
)
CREDENTIALS = (
    EMAIL,
    Field(
        "password",
        "Password",
        Widget.PASSWORD,
        WhenEmpty.SEND,
        required=True,
        autocomplete="current-password",
    ),
)
READY = (
    "Your account is ready: sign in. If this address had an account before, nothing changed "
    "and its password still holds."
)


@router.get("/")
async def welcome(request: Request, user: Visitor) -> Response:
    """Say what this is, or lead to the campaigns."""
    if user is not None:
        return RedirectResponse("/campaigns", HTTPStatus.SEE_OTHER)
    return page(request, "accounts/welcome.html.j2")


@router.get("/sign-up")
async def show_sign_up(request: Request) -> Response:
    """Ask for what an account needs."""
    return page(request, "accounts/sign_up.html.j2", form=shown(NEW_ACCOUNT, {}))


@router.post("/sign-up")
async def sign_up(request: Request, context: InContext) -> Response:
    """Make an account; a taken address is answered like a free one."""
    context.addresses.attempt(address_of(request))
    texts = await read_form(request, NEW_ACCOUNT)
    try:
        new = NewUser(email=texts["email"].strip(), name=texts["name"] or None)
        password = NewPassword(password=texts["password"]).password
        kept = await context.passwords.hash(password)
        with suppress(Conflict):
            await create_user(context.app, new.model_copy(update={"password_hash": kept}))
    except Invalid as refusal:
        form = refused(NEW_ACCOUNT, texts, refusal)
        return page(request, "accounts/sign_up.html.j2", status=form.status, form=form)
    return go_to(request, "/sign-in", READY)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Ask who it is."""
    return _sign_in_page(request, {}, request.query_params.get("next", ""))


@router.post("/sign-in")
async def submit_sign_in(request: Request, context: InContext) -> Response:
    """Let in who knows the password."""
    texts = await read_form(request, CREDENTIALS)
    then = str((await request.form()).get("next", ""))
    email = texts["email"].strip()
    context.addresses.attempt(address_of(request))
    context.accounts.attempt(email.lower())
    account = await find_account(context.app, email)
    kept = None if account is None else account.password_hash
    known = await context.passwords.matches(texts["password"], kept)
    if account is None or not known:
        return _sign_in_page(request, texts, then, failed=True)
    context.accounts.forgive(email.lower())
    await record_sign_in(context.app, account.user.id)
    response = go_to(request, safe_next(then, "/campaigns"))
    sign_in(request, response, account)
    return response


@router.post("/sign-out")
async def submit_sign_out(request: Request) -> Response:
    """Make this browser forget who was signed in."""
    response = go_to(request, "/", "You are signed out.")
    sign_out(request, response)
    return response


def _sign_in_page(
    request: Request, texts: dict[str, str], then: str, *, failed: bool = False
) -> Response:
    problems = [Problem("password", "wrong", "the address or the password is wrong")]
    form = shown(CREDENTIALS, texts, problems if failed else ())
    return page(
        request,
        "accounts/sign_in.html.j2",
        status=form.status,
        form=form,
        then=safe_next(then, ""),
    )
