"""Campaigns: the list, one campaign, and the forms that change them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import list_campaigns
from campaigns.web.desk import AtDesk
from campaigns.web.rendering import page
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/campaigns")


@router.get("")
async def campaigns(request: Request, desk: AtDesk, user: SignedIn) -> Response:
    """Show the campaigns of whoever is signed in."""
    found = await list_campaigns(desk.app, user.id)
    return page(request, "campaigns/list.html.j2", campaigns=found.items)
