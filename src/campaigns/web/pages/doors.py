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
from campaigns.web.desk import AtDesk
from campaigns.web.forms import Blank, Field, Widget, read_form, refused, shown
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import Visitor, let_in, let_out
from crossfade.web.security import address_of, safe_next

router = APIRouter()


def new_password(label: str) -> Field:
    """Return the field of a password to be kept."""
    return Field(
        "password",
        label,
        Widget.PASSWORD,
        Blank.SENT,
        required=True,
        hint=f"At least {PASSWORD_CHARACTERS_MIN} characters; a few words are fine.",
        autocomplete="new-password",
    )


EMAIL = Field(
    "email", "Email address", Widget.EMAIL, Blank.SENT, required=True, autocomplete="username"
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
        Blank.SENT,
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
async def sign_up(request: Request, desk: AtDesk) -> Response:
    """Make an account; a taken address is answered like a free one."""
    desk.addresses.attempt(address_of(request))
    texts = await read_form(request, NEW_ACCOUNT)
    try:
        new = NewUser(email=texts["email"].strip(), name=texts["name"] or None)
        password = NewPassword(password=texts["password"]).password
        kept = await desk.passwords.hash(password)
        with suppress(Conflict):
            await create_user(desk.app, new.model_copy(update={"password_hash": kept}))
    except Invalid as refusal:
        form = refused(NEW_ACCOUNT, texts, refusal)
        return page(request, "accounts/sign_up.html.j2", status=form.status, form=form)
    return go_to(request, "/sign-in", READY)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Ask who it is."""
    return _sign_in_page(request, {}, request.query_params.get("next", ""))


@router.post("/sign-in")
async def sign_in(request: Request, desk: AtDesk) -> Response:
    """Let in who knows the password."""
    texts = await read_form(request, CREDENTIALS)
    then = str((await request.form()).get("next", ""))
    email = texts["email"].strip()
    desk.addresses.attempt(address_of(request))
    desk.accounts.attempt(email.lower())
    account = await find_account(desk.app, email)
    kept = None if account is None else account.password_hash
    known = await desk.passwords.matches(texts["password"], kept)
    if account is None or not known:
        return _sign_in_page(request, texts, then, failed=True)
    desk.accounts.forgive(email.lower())
    await record_sign_in(desk.app, account.user.id)
    response = go_to(request, safe_next(then, "/campaigns"))
    let_in(request, response, account)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Make this browser forget who was signed in."""
    response = go_to(request, "/", "You are signed out.")
    let_out(request, response)
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
