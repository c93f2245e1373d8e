"""The caller's own account over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import Response

from campaigns import actions
from campaigns.errors import NotFound
from campaigns.inputs import NewApiToken, ProfileChanges
from campaigns.records import ApiToken, NewlyMadeToken, User
from campaigns.web.api.callers import CallerId, ServedApp
from campaigns.web.api.problems import responses
from campaigns.web.exporting import account_download

router = APIRouter(tags=["account"])


@router.get("/me")
async def get_profile(app: ServedApp, caller: CallerId) -> User:
    """Return the user whom the token belongs to."""
    account = await actions.get_account(app, caller)
    if account is None:
        raise NotFound("user")
    return account.user


@router.patch("/me")
async def update_profile(app: ServedApp, caller: CallerId, changes: ProfileChanges) -> User:
    """Change the given fields of your profile."""
    return await actions.update_profile(app, caller, changes)


@router.get("/me/export", response_class=Response)
async def export_account(app: ServedApp, caller: CallerId) -> Response:
    """Return all your data as one JSON list. The account itself can be deleted only on the site."""
    return account_download(app, caller)


@router.get("/tokens")
async def list_tokens(app: ServedApp, caller: CallerId) -> tuple[ApiToken, ...]:
    """Return your tokens, newest first, without their secret texts."""
    return await actions.list_tokens(app, caller)


@router.post("/tokens", status_code=HTTPStatus.CREATED, responses=responses(HTTPStatus.CONFLICT))
async def create_token(app: ServedApp, caller: CallerId, new: NewApiToken) -> NewlyMadeToken:
    """Create a token; its secret text is returned only here."""
    return await actions.create_token(app, caller, new)


@router.delete("/tokens/{token_id}", status_code=HTTPStatus.NO_CONTENT)
async def revoke_token(app: ServedApp, caller: CallerId, token_id: str) -> None:
    """Revoke a token; it may be the one of this request."""
    await actions.revoke_token(app, caller, token_id)
