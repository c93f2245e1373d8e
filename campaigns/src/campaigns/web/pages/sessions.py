"""Session pages: one session, and the forms to create, edit, star and delete it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import (
    create_session,
    delete_session,
    get_session,
    list_campaigns,
    update_session,
    view_session,
)
from campaigns.errors import Conflict, Invalid
from campaigns.inputs import PAGE_ITEMS_MAX, CampaignQuery, NewSession, SessionChanges
from campaigns.records import Session
from campaigns.web.badges import badges_of
from campaigns.web.context import InContext, SiteContext
from campaigns.web.editing import Edit, redirect_after_conflict, save_edit, show_edit
from campaigns.web.forms import (
    CHECKED,
    Field,
    Form,
    WhenEmpty,
    Widget,
    read_form,
    refused,
    shown,
    values_of,
)
from campaigns.web.reading import read, seconds_of
from campaigns.web.rendering import go_to, page, part
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/sessions")

PREVIEW_TURNS = 6
CAMPAIGN = Field("campaign_id", "Campaign", Widget.CHOICE, required=True)
FIELDS = (
    Field("name", "Name", when_empty=WhenEmpty.SEND, required=True),
    CAMPAIGN,
    Field("number", "Number", Widget.NUMBER, hint="Within the campaign."),
    Field("played_on", "Played on", Widget.DATE),
    Field("description", "Description", Widget.TEXT, rows=3),
    Field("summary", "Summary", Widget.TEXT, rows=6),
    Field(
        "player_recap",
        "Recap for the players",
        Widget.TEXT,
        hint="Shown to anyone who has the shared link.",
        rows=6,
    ),
    Field("notes", "Game master's notes", Widget.TEXT, hint="Never shared.", rows=6),
    Field("tags", "Tags", Widget.LIST, hint="One per line.", rows=3),
)


@router.get("/new")
async def show_new(request: Request, context: InContext, user: SignedIn) -> Response:
    """Show the form for a new session."""
    fields = await _fields(context, user.id)
    campaign_id = request.query_params.get("campaign", "")
    return _new_page(request, shown(fields, {"campaign_id": campaign_id}))


@router.post("/new")
async def create(request: Request, context: InContext, user: SignedIn) -> Response:
    """Create a session."""
    fields = await _fields(context, user.id)
    texts = await read_form(request, fields)
    try:
        new = NewSession(**values_of(fields, texts))
        session = await create_session(context.app, user.id, new)
    except (Conflict, Invalid) as refusal:
        return _new_page(request, refused(fields, texts, refusal))
    return go_to(request, f"/sessions/{session.id}", f"{session.name} was created.")


@router.get("/{session_id}")
async def show_session(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Show a session with its transcript preview, characters and shared link."""
    view = await view_session(context.app, user.id, session_id)
    session = view.session
    badges = await badges_of(context.app, [session.id])
    return page(
        request,
        "sessions/page.html.j2",
        view=view,
        badge=badges.get(session.id),
        reading=read(view.turns),
        preview_turns=PREVIEW_TURNS,
        duration_ms=duration_of(session, seconds_of(view.turns)),
        is_shared=is_shared(session, datetime.now(UTC)),
        share_address=f"{context.options.public_url.rstrip('/')}/s/{session.share_token}",
    )


@router.get("/{session_id}/badge")
async def show_badge(context: InContext, user: SignedIn, session_id: str) -> Response:
    """Return the badge's HTML for the script that refreshes it."""
    session = await get_session(context.app, user.id, session_id)
    badges = await badges_of(context.app, [session.id])
    return part(
        context, "sessions/badge.html.j2", session_id=session.id, badge=badges.get(session.id)
    )


@router.post("/{session_id}/star")
async def star(request: Request, context: InContext, user: SignedIn, session_id: str) -> Response:
    """Star or unstar a session."""
    form = await request.form()
    changes = SessionChanges.model_validate(
        {
            "expected_revision": form.get("expected_revision", ""),
            "is_starred": form.get("starred") == CHECKED,
        }
    )
    try:
        session = await update_session(context.app, user.id, session_id, changes)
    except Conflict:
        return redirect_after_conflict(request, "session", f"/sessions/{session_id}")
    return go_to(request, f"/sessions/{session.id}")


@router.get("/{session_id}/edit")
async def show_changes(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Show the edit form."""
    return await show_edit(request, await _edit(context, user.id, session_id))


@router.post("/{session_id}/edit")
async def save_changes(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Save the changes, merged with concurrent ones. On an edit conflict, show both versions."""
    return await save_edit(request, await _edit(context, user.id, session_id))


@router.get("/{session_id}/delete")
async def show_delete(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Ask for confirmation."""
    session = await get_session(context.app, user.id, session_id)
    return page(request, "sessions/delete.html.j2", session=session)


@router.post("/{session_id}/delete")
async def delete(request: Request, context: InContext, user: SignedIn, session_id: str) -> Response:
    """Delete a session with its transcript."""
    session = await get_session(context.app, user.id, session_id)
    await delete_session(context.app, user.id, session.id)
    return go_to(request, home_of(session), "The session was deleted.")


async def _fields(context: SiteContext, user_id: str) -> tuple[Field, ...]:
    """Return the fields of a session form, with the user's campaigns as choices."""
    campaigns = await list_campaigns(context.app, user_id, CampaignQuery(limit=PAGE_ITEMS_MAX))
    choices = (("", "None"), *((one.id, one.name) for one in campaigns.items))
    with_choices = replace(CAMPAIGN, choices=choices)
    return tuple(with_choices if field is CAMPAIGN else field for field in FIELDS)


def duration_of(session: Session, said_seconds: float | None) -> int | None:
    """Return a session's length in ms: stored, else end minus start, else of its transcript."""
    if session.duration_ms is not None:
        return session.duration_ms
    if session.started_at and session.ended_at:
        return round((session.ended_at - session.started_at).total_seconds() * 1000)
    return round(said_seconds * 1000) if said_seconds else None


def is_shared(session: Session, now: datetime) -> bool:
    """Return whether the shared link of a session is valid at `now`."""
    return session.share_expires_at is not None and session.share_expires_at > now


def home_of(session: Session) -> str:
    """Return the path of the list that contains a session."""
    return f"/campaigns/{session.campaign_id}" if session.campaign_id else "/sessions"


async def _edit(context: SiteContext, user_id: str, session_id: str) -> Edit:
    async def update(values: Mapping[str, Any]) -> None:
        changes = SessionChanges.model_validate(values)
        await update_session(context.app, user_id, session_id, changes)

    return Edit(
        kind="session",
        address=f"/sessions/{quote(session_id)}",
        fields=await _fields(context, user_id),
        load=partial(get_session, context.app, user_id, session_id),
        update=update,
    )


def _new_page(request: Request, form: Form) -> Response:
    campaign_id = form.fields["campaign_id"].text
    known = dict(form.fields["campaign_id"].field.choices)
    home = f"/campaigns/{campaign_id}" if campaign_id and campaign_id in known else "/sessions"
    return page(request, "sessions/new.html.j2", status=form.status, form=form, home=home)
