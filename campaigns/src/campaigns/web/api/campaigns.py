"""Campaigns over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from campaigns import actions
from campaigns.inputs import CampaignChanges, CampaignQuery, NewCampaign
from campaigns.records import Campaign, Page
from campaigns.web.api.callers import CallerId, ServedApp
from campaigns.web.api.problems import responses

router = APIRouter(prefix="/campaigns", tags=["campaigns"])


@router.get("")
async def list_campaigns(
    app: ServedApp, caller: CallerId, query: Annotated[CampaignQuery, Query()]
) -> Page[Campaign]:
    """Return your campaigns, last changed first. `after` continues the list."""
    return await actions.list_campaigns(app, caller, query)


@router.post("", status_code=HTTPStatus.CREATED, responses=responses(HTTPStatus.CONFLICT))
async def create_campaign(app: ServedApp, caller: CallerId, new: NewCampaign) -> Campaign:
    """Create a campaign."""
    return await actions.create_campaign(app, caller, new)


@router.get("/{campaign_id}")
async def get_campaign(app: ServedApp, caller: CallerId, campaign_id: str) -> Campaign:
    """Return a campaign."""
    return await actions.get_campaign(app, caller, campaign_id)


@router.patch("/{campaign_id}", responses=responses(HTTPStatus.CONFLICT))
async def update_campaign(
    app: ServedApp, caller: CallerId, campaign_id: str, changes: CampaignChanges
) -> Campaign:
    """Change the given fields if the campaign is still at `expected_revision`."""
    return await actions.update_campaign(app, caller, campaign_id, changes)


@router.delete("/{campaign_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_campaign(app: ServedApp, caller: CallerId, campaign_id: str) -> None:
    """Delete a campaign with its members and characters; keep its sessions, without a campaign."""
    await actions.delete_campaign(app, caller, campaign_id)
