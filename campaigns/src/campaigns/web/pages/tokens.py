"""API tokens, with which programs act for a user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import create_token, list_tokens, revoke_token
from campaigns.errors import Conflict, Invalid
from campaigns.inputs import NewApiToken
from campaigns.records import NewlyMadeToken
from campaigns.web.context import InContext, SiteContext
from campaigns.web.forms import Field, Form, WhenEmpty, Widget, read_form, refused, shown
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/profile/tokens")

DAYS = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until revoked"}
FRESH = {"days": "90"}
FIELDS = (
    Field("name", "Purpose", when_empty=WhenEmpty.SEND, required=True, hint="For example: backup."),
    Field(
        "days",
        "Valid for",
        Widget.CHOICE,
        WhenEmpty.SEND,
        required=True,
        choices=tuple(DAYS.items()),
    ),
)


@router.get("")
async def show_tokens(request: Request, context: InContext, user: SignedIn) -> Response:
    """Show the user's tokens, without the secret texts."""
    return await _tokens_page(request, context, user.id, shown(FIELDS, FRESH))


@router.post("")
async def make_token(request: Request, context: InContext, user: SignedIn) -> Response:
    """Create a token and show its secret text once."""
    texts = await read_form(request, FIELDS)
    try:
        new = NewApiToken(name=texts["name"], expires_at=_end(texts["days"]))
        made = await create_token(context.app, user.id, new)
    except (Conflict, Invalid) as refusal:
        return await _tokens_page(request, context, user.id, refused(FIELDS, texts, refusal))
    return await _tokens_page(request, context, user.id, shown(FIELDS, FRESH), made)


@router.post("/{token_id}/revoke")
async def end_token(
    request: Request, context: InContext, user: SignedIn, token_id: str
) -> Response:
    """Revoke a token."""
    await revoke_token(context.app, user.id, token_id)
    return go_to(request, "/profile/tokens", "The token was revoked.")


def _end(days: str) -> datetime | None:
    """Return the expiry of a token; an unknown choice counts as the shortest one."""
    if not days:
        return None
    offered = days if days in DAYS else next(iter(DAYS))
    return datetime.now(UTC) + timedelta(days=int(offered))


async def _tokens_page(
    request: Request,
    context: SiteContext,
    user_id: str,
    form: Form,
    made: NewlyMadeToken | None = None,
) -> Response:
    return page(
        request,
        "profile/tokens.html.j2",
        status=form.status,
        tokens=await list_tokens(context.app, user_id),
        form=form,
        made=made,
    )
