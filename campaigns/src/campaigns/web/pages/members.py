"""A campaign with its sessions, members and characters; sessions without a campaign."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import (
    add_character,
    add_member,
    get_campaign_view,
    list_session_cards,
    remove_character,
    remove_member,
)
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.inputs import NewCharacter, NewMember, SessionQuery
from campaigns.web.badges import badges_of
from campaigns.web.context import InContext, SiteContext
from campaigns.web.forms import (
    Field,
    Form,
    WhenEmpty,
    Widget,
    read_form,
    refused,
    shown,
    values_of,
)
from campaigns.web.labels import ROLES
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import SignedIn

router = APIRouter()

MEMBER = (
    Field(
        "user_id",
        "User code",
        when_empty=WhenEmpty.SEND,
        required=True,
        hint="Users find their code on their profile page.",
    ),
    Field(
        "role",
        "Role",
        Widget.CHOICE,
        WhenEmpty.OMIT,
        required=True,
        choices=tuple((role.value, label) for role, label in ROLES.items()),
    ),
    Field("nickname", "Nickname", hint="Replaces the name of their profile in this campaign."),
)
CHARACTER = (
    Field("name", "Name", when_empty=WhenEmpty.SEND, required=True),
    Field("played_by", "Played by"),
)
FRESH_MEMBER = {"role": "PLAYER"}


@router.get("/campaigns/{campaign_id}")
async def campaign(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Show a campaign with its sessions, members and characters."""
    return await _campaign_page(request, context, user.id, campaign_id)


@router.get("/sessions")
async def unfiled(request: Request, context: InContext, user: SignedIn) -> Response:
    """Show the user's sessions without a campaign."""
    query = SessionQuery(unfiled=True, after=request.query_params.get("after"))
    sessions = await list_session_cards(context.app, user.id, query)
    badges = await badges_of(context.app, [one.id for one in sessions.items])
    return page(request, "campaigns/unfiled.html.j2", sessions=sessions, badges=badges)


@router.post("/campaigns/{campaign_id}/members")
async def submit_member(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Add a member."""
    texts = await read_form(request, MEMBER)
    try:
        new = NewMember(**values_of(MEMBER, {**texts, "user_id": texts["user_id"].strip()}))
        await add_member(context.app, user.id, campaign_id, new)
    except NotFound as missing:
        if missing.entity != "user":
            raise
        problem = Problem("user_id", "unknown", "no user has this code; ask the user for it")
        form = shown(MEMBER, texts, [problem])
        return await _campaign_page(request, context, user.id, campaign_id, member=form)
    except (Conflict, Invalid) as refusal:
        form = refused(MEMBER, texts, refusal)
        return await _campaign_page(request, context, user.id, campaign_id, member=form)
    return go_to(request, f"/campaigns/{campaign_id}#members", "The member was added.")


@router.post("/campaigns/{campaign_id}/members/{member_id}/remove")
async def submit_member_removal(
    request: Request, context: InContext, user: SignedIn, campaign_id: str, member_id: str
) -> Response:
    """Remove a member."""
    await remove_member(context.app, user.id, campaign_id, member_id)
    return go_to(request, f"/campaigns/{campaign_id}#members", "The member was removed.")


@router.post("/campaigns/{campaign_id}/characters")
async def submit_character(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Add a character."""
    texts = await read_form(request, CHARACTER)
    try:
        new = NewCharacter(**values_of(CHARACTER, texts))
        await add_character(context.app, user.id, campaign_id, new)
    except (Conflict, Invalid) as refusal:
        form = refused(CHARACTER, texts, refusal)
        return await _campaign_page(request, context, user.id, campaign_id, character=form)
    return go_to(request, f"/campaigns/{campaign_id}#characters", f"{new.name} was added.")


@router.post("/campaigns/{campaign_id}/characters/{character_id}/remove")
async def submit_character_removal(
    request: Request, context: InContext, user: SignedIn, campaign_id: str, character_id: str
) -> Response:
    """Remove a character."""
    if not character_id.isascii() or not character_id.isdecimal():
        raise NotFound("character")
    await remove_character(context.app, user.id, campaign_id, int(character_id[:20]))
    return go_to(request, f"/campaigns/{campaign_id}#characters", "The character was removed.")


async def _campaign_page(
    request: Request,
    context: SiteContext,
    user_id: str,
    campaign_id: str,
    *,
    member: Form | None = None,
    character: Form | None = None,
) -> Response:
    """Return the page of a campaign; `member` and `character` are rejected forms to show again."""
    view = await get_campaign_view(
        context.app, user_id, campaign_id, request.query_params.get("after")
    )
    return page(
        request,
        "campaigns/page.html.j2",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if member or character else HTTPStatus.OK,
        view=view,
        badges=await badges_of(context.app, [one.id for one in view.sessions.items]),
        member_form=member or shown(MEMBER, FRESH_MEMBER),
        character_form=character or shown(CHARACTER, {}),
    )
