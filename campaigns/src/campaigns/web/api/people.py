"""Members and characters of a campaign over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from campaigns import actions
from campaigns.inputs import NewCharacter, NewMember
from campaigns.records import Appearance, Character, Member, NamedMember
from campaigns.web.api.callers import CallerId, ServedApp
from campaigns.web.api.problems import responses

router = APIRouter(tags=["people"], responses=responses(HTTPStatus.CONFLICT))


@router.get("/campaigns/{campaign_id}/members")
async def list_members(
    app: ServedApp, caller: CallerId, campaign_id: str
) -> tuple[NamedMember, ...]:
    """Return the members of a campaign."""
    return await actions.list_members(app, caller, campaign_id)


@router.post("/campaigns/{campaign_id}/members", status_code=HTTPStatus.CREATED)
async def add_member(app: ServedApp, caller: CallerId, campaign_id: str, new: NewMember) -> Member:
    """Add a user as a member."""
    return await actions.add_member(app, caller, campaign_id, new)


@router.delete("/campaigns/{campaign_id}/members/{user_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_member(app: ServedApp, caller: CallerId, campaign_id: str, user_id: str) -> None:
    """Remove a member."""
    await actions.remove_member(app, caller, campaign_id, user_id)


@router.get("/campaigns/{campaign_id}/characters")
async def list_characters(
    app: ServedApp, caller: CallerId, campaign_id: str
) -> tuple[Character, ...]:
    """Return the characters of a campaign."""
    return await actions.list_characters(app, caller, campaign_id)


@router.post("/campaigns/{campaign_id}/characters", status_code=HTTPStatus.CREATED)
async def add_character(
    app: ServedApp, caller: CallerId, campaign_id: str, new: NewCharacter
) -> Character:
    """Add a character."""
    return await actions.add_character(app, caller, campaign_id, new)


@router.delete(
    "/campaigns/{campaign_id}/characters/{character_id}", status_code=HTTPStatus.NO_CONTENT
)
async def remove_character(
    app: ServedApp, caller: CallerId, campaign_id: str, character_id: int
) -> None:
    """Remove a character with its appearances in sessions."""
    await actions.remove_character(app, caller, campaign_id, character_id)


@router.post("/sessions/{session_id}/characters/{character_id}", status_code=HTTPStatus.CREATED)
async def add_appearance(
    app: ServedApp, caller: CallerId, session_id: str, character_id: int
) -> Appearance:
    """Record that a character appears in a session."""
    return await actions.add_appearance(app, caller, character_id, session_id)
