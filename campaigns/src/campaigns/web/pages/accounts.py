"""Pages to sign up, sign in and sign out.

No response reveals whether an address has an account. An unknown address and a wrong password get
the same page after the same time, and signing up with a taken address gets the usual page.
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
    """Return the form field for a new password."""
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
    Field("name", "Your name", autocomplete="name", hint="The name that other members see."),
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
    "Your account is ready; sign in. If this address already had an account, it is unchanged "
    "and its password still works."
)


@router.get("/")
async def welcome(request: Request, user: Visitor) -> Response:
    """Show the welcome page; redirect signed-in users to their campaigns."""
    if user is not None:
        return RedirectResponse("/campaigns", HTTPStatus.SEE_OTHER)
    return page(request, "accounts/welcome.html.j2")


@router.get("/sign-up")
async def show_sign_up(request: Request) -> Response:
    """Show the sign-up form."""
    return page(request, "accounts/sign_up.html.j2", form=shown(NEW_ACCOUNT, {}))


@router.post("/sign-up")
async def sign_up(request: Request, context: InContext) -> Response:
    """Create an account. The response to a taken address is the same as to a free one."""
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
    """Show the sign-in form."""
    return _sign_in_page(request, {}, request.query_params.get("next", ""))


@router.post("/sign-in")
async def submit_sign_in(request: Request, context: InContext) -> Response:
    """Sign the user in if the password is correct."""
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
    """Sign this browser out."""
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
