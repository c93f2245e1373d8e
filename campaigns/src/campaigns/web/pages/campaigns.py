"""Campaign pages: the list, and the forms to create, edit, archive and delete a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import (
    create_campaign,
    delete_campaign,
    get_campaign,
    list_campaign_cards,
    update_campaign,
)
from campaigns.enums import CampaignStatus, GameSystem
from campaigns.errors import Conflict, Invalid
from campaigns.inputs import CampaignChanges, CampaignQuery, NewCampaign
from campaigns.web.context import InContext, SiteContext
from campaigns.web.editing import Edit, redirect_after_conflict, save_edit, show_edit
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
from campaigns.web.labels import STATUSES, SYSTEMS
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/campaigns")

FIELDS = (
    Field("name", "Name", when_empty=WhenEmpty.SEND, required=True),
    Field(
        "slug",
        "Short name",
        when_empty=WhenEmpty.OMIT,
        hint="Lower-case letters, digits and dashes. Derived from the name if empty.",
    ),
    Field("description", "Description", Widget.TEXT, rows=5),
    Field(
        "system",
        "Game system",
        Widget.CHOICE,
        WhenEmpty.OMIT,
        required=True,
        choices=tuple((system.value, label) for system, label in SYSTEMS.items()),
    ),
    Field(
        "status",
        "Status",
        Widget.CHOICE,
        WhenEmpty.OMIT,
        required=True,
        choices=tuple((status.value, label) for status, label in STATUSES.items()),
    ),
    Field("started_on", "First played on", Widget.DATE),
    Field("usual_start", "Usual start", Widget.TIME),
    Field("party_level", "Party level", Widget.NUMBER, WhenEmpty.OMIT),
    Field("treasury_gp", "Treasury (gp)", Widget.NUMBER, WhenEmpty.OMIT),
    Field("tags", "Tags", Widget.LIST, hint="One per line.", rows=3),
    Field("player_names", "Players", Widget.LIST, hint="One per line.", rows=3),
)
FRESH = {"system": GameSystem.DND_5E.value, "status": CampaignStatus.PLANNING.value}
CARDS_MAX = 60


@router.get("")
async def campaigns(request: Request, context: InContext, user: SignedIn) -> Response:
    """Show the user's campaigns as cards, filtered by status; by default without archived ones."""
    wanted = request.query_params.get("status") or None
    query = CampaignQuery.model_validate(
        {
            "limit": CARDS_MAX,
            "status": wanted,
            "unarchived": wanted is None,
            "after": request.query_params.get("after"),
        }
    )
    cards, counts = await list_campaign_cards(context.app, user.id, query)
    return page(
        request,
        "campaigns/list.html.j2",
        cards=cards,
        counts=counts,
        chosen=query.status,
        statuses=tuple(CampaignStatus),
    )


@router.get("/new")
async def show_new(request: Request, user: SignedIn) -> Response:
    """Show the form for a new campaign."""
    del user
    return _new_page(request, shown(FIELDS, FRESH))


@router.post("/new")
async def create(request: Request, context: InContext, user: SignedIn) -> Response:
    """Create a campaign."""
    texts = await read_form(request, FIELDS)
    try:
        new = NewCampaign(**values_of(FIELDS, texts))
        campaign = await create_campaign(context.app, user.id, new)
    except (Conflict, Invalid) as refusal:
        return _new_page(request, refused(FIELDS, texts, refusal))
    return go_to(request, f"/campaigns/{campaign.id}", f"{campaign.name} was created.")


@router.get("/{campaign_id}/edit")
async def show_changes(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Show the edit form."""
    return await show_edit(request, _edit(context, user.id, campaign_id))


@router.post("/{campaign_id}/edit")
async def save_changes(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Save the changes, merged with concurrent ones. On an edit conflict, show both versions."""
    return await save_edit(request, _edit(context, user.id, campaign_id))


@router.post("/{campaign_id}/archive")
async def archive(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Archive a campaign."""
    return await _move(request, context, user.id, campaign_id, CampaignStatus.ARCHIVED)


@router.post("/{campaign_id}/unarchive")
async def unarchive(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Unarchive a campaign."""
    return await _move(request, context, user.id, campaign_id, CampaignStatus.ACTIVE)


@router.get("/{campaign_id}/delete")
async def show_delete(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Ask for confirmation."""
    campaign = await get_campaign(context.app, user.id, campaign_id)
    return page(request, "campaigns/delete.html.j2", campaign=campaign)


@router.post("/{campaign_id}/delete")
async def delete(
    request: Request, context: InContext, user: SignedIn, campaign_id: str
) -> Response:
    """Delete a campaign; keep its sessions, without a campaign."""
    await delete_campaign(context.app, user.id, campaign_id)
    return go_to(request, "/campaigns", "The campaign was deleted. Its sessions are now unfiled.")


async def _move(
    request: Request, context: SiteContext, user_id: str, campaign_id: str, status: CampaignStatus
) -> Response:
    expected = (await request.form()).get("expected_revision", "")
    changes = CampaignChanges.model_validate({"expected_revision": expected, "status": status})
    try:
        campaign = await update_campaign(context.app, user_id, campaign_id, changes)
    except Conflict:
        return redirect_after_conflict(request, "campaign", f"/campaigns/{campaign_id}")
    return go_to(
        request, f"/campaigns/{campaign.id}", f"{campaign.name}: {STATUSES[status].lower()}."
    )


def _new_page(request: Request, form: Form) -> Response:
    return page(request, "campaigns/new.html.j2", status=form.status, form=form)


def _edit(context: SiteContext, user_id: str, campaign_id: str) -> Edit:
    async def update(values: Mapping[str, Any]) -> None:
        changes = CampaignChanges.model_validate(values)
        await update_campaign(context.app, user_id, campaign_id, changes)

    return Edit(
        kind="campaign",
        address=f"/campaigns/{quote(campaign_id)}",
        fields=FIELDS,
        load=partial(get_campaign, context.app, user_id, campaign_id),
        update=update,
    )
