"""The user's profile: name and time zone, password, data export, account deletion."""

from __future__ import annotations

from zoneinfo import available_timezones

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import change_password, delete_account, get_account, update_profile
from campaigns.errors import Invalid, Problem
from campaigns.inputs import NewPassword, ProfileChanges
from campaigns.records import Account, User
from campaigns.web.context import InContext, SiteContext
from campaigns.web.exporting import account_download
from campaigns.web.forms import (
    Field,
    Form,
    WhenEmpty,
    Widget,
    read_form,
    refused,
    shown,
    texts_of,
    values_of,
)
from campaigns.web.pages.accounts import new_password
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import SignedIn, sign_in, sign_out

router = APIRouter(prefix="/profile")

ZONES = tuple(
    (zone, zone.replace("_", " "))
    for zone in sorted(available_timezones())
    if "/" in zone or zone == "UTC"
)
PROFILE = (
    Field("name", "Name", autocomplete="name"),
    Field("time_zone", "Time zone", Widget.CHOICE, WhenEmpty.SEND, required=True, choices=ZONES),
)
CURRENT = Field(
    "current",
    "Your password",
    Widget.PASSWORD,
    WhenEmpty.SEND,
    required=True,
    autocomplete="current-password",
)
PASSWORD = (
    CURRENT,
    new_password("New password"),
)
LEAVING = (
    Field("email", "Confirm your email address", Widget.EMAIL, WhenEmpty.SEND, required=True),
    CURRENT,
)
WRONG = Problem("current", "wrong", "this is not your password")


@router.get("")
async def show_profile(request: Request, user: SignedIn) -> Response:
    """Show the user's profile."""
    return _profile_page(request, shown(PROFILE, texts_of(PROFILE, user)))


@router.post("")
async def save_profile(request: Request, context: InContext, user: SignedIn) -> Response:
    """Change the name and the time zone."""
    texts = await read_form(request, PROFILE)
    try:
        changes = ProfileChanges(**values_of(PROFILE, texts))
        await update_profile(context.app, user.id, changes)
    except Invalid as refusal:
        return _profile_page(request, refused(PROFILE, texts, refusal))
    return go_to(request, "/profile", "Saved.")


@router.get("/password")
async def show_password(request: Request, user: SignedIn) -> Response:
    """Show the form to change the password."""
    del user
    return _form_page(request, "profile/password.html.j2", shown(PASSWORD, {}))


@router.post("/password")
async def save_password(request: Request, context: InContext, user: SignedIn) -> Response:
    """Change the password, which signs out every other browser."""
    texts = await read_form(request, PASSWORD)
    try:
        new = NewPassword(password=texts["password"]).password
        await _require_password(context, user, texts["current"])
    except Invalid as refusal:
        return _form_page(request, "profile/password.html.j2", refused(PASSWORD, texts, refusal))
    kept = await context.passwords.hash(new)
    changed = await change_password(context.app, user.id, kept)
    response = go_to(
        request, "/profile", "Your password was changed; other browsers are signed out."
    )
    sign_in(request, response, Account(changed, kept))
    return response


@router.get("/export")
async def export(context: InContext, user: SignedIn) -> Response:
    """Return all data of the user as a file."""
    return account_download(context.app, user.id)


@router.get("/delete")
async def show_leaving(request: Request, user: SignedIn) -> Response:
    """Show the form to delete the account."""
    del user
    return _form_page(request, "profile/delete.html.j2", shown(LEAVING, {}))


@router.post("/delete")
async def leave(request: Request, context: InContext, user: SignedIn) -> Response:
    """Delete the account with all its data."""
    texts = await read_form(request, LEAVING)
    try:
        _require_address(user, texts["email"])
        await _require_password(context, user, texts["current"])
    except Invalid as refusal:
        return _form_page(request, "profile/delete.html.j2", refused(LEAVING, texts, refusal))
    await delete_account(context.app, user.id)
    response = go_to(request, "/", "Your account and all its data were deleted.")
    sign_out(request, response)
    return response


async def _require_password(context: SiteContext, user: User, password: str) -> None:
    """Check the user's password. Each call counts as a sign-in attempt.

    Raises:
        Invalid: the password is wrong.
        TooMany: the account has no attempt left.
    """
    context.accounts.attempt(user.email.lower())
    account = await get_account(context.app, user.id)
    kept = None if account is None else account.password_hash
    if not await context.passwords.matches(password, kept):
        raise Invalid(WRONG)
    context.accounts.forgive(user.email.lower())


def _require_address(user: User, email: str) -> None:
    """Check that the typed address is the user's.

    Raises:
        Invalid: it is a different address.
    """
    if email.strip().lower() != user.email.lower():
        raise Invalid(Problem("email", "another", "this is not the address of your account"))


def _profile_page(request: Request, form: Form) -> Response:
    return _form_page(request, "profile/page.html.j2", form)


def _form_page(request: Request, template: str, form: Form) -> Response:
    return page(request, template, status=form.status, form=form)
