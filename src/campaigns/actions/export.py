"""A copy of everything that belongs to a user, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from campaigns.actions.accounts import get_account
from campaigns.actions.campaigns import list_campaigns
from campaigns.actions.people import list_characters, list_members
from campaigns.actions.sessions import list_sessions
from campaigns.actions.tokens import list_tokens
from campaigns.actions.transcripts import get_transcript
from campaigns.app import App
from campaigns.errors import NotFound
from campaigns.inputs import CampaignQuery, SessionQuery
from campaigns.records import (
    ApiToken,
    Campaign,
    Character,
    Seat,
    Session,
    Transcript,
    User,
)

Exported = User | ApiToken | Campaign | Seat | Character | Session | Transcript


async def export_account(app: App, user_id: str) -> AsyncIterator[Exported]:
    """Yield the user, then tokens, campaigns with their people, sessions with their transcripts.

    No transaction stays open between two of them, however slowly they are taken; so they are not
    of one moment, and what is deleted meanwhile is left out.

    Raises:
        NotFound: the user.
    """
    account = await get_account(app, user_id)
    if account is None:
        raise NotFound("user")
    yield account.user
    for token in await list_tokens(app, user_id):
        yield token
    async for campaign in _campaigns(app, user_id):
        yield campaign
        with suppress(NotFound):
            for seat in await list_members(app, user_id, campaign.id):
                yield seat
            for character in await list_characters(app, user_id, campaign.id):
                yield character
    async for session in _sessions(app, user_id):
        yield session
        with suppress(NotFound):
            yield await get_transcript(app, user_id, session.id)


async def _campaigns(app: App, user_id: str) -> AsyncIterator[Campaign]:
    query: CampaignQuery | None = CampaignQuery()
    while query is not None:
        part = await list_campaigns(app, user_id, query)
        for campaign in part.items:
            yield campaign
        query = CampaignQuery(after=part.after) if part.after else None


async def _sessions(app: App, user_id: str) -> AsyncIterator[Session]:
    query: SessionQuery | None = SessionQuery()
    while query is not None:
        part = await list_sessions(app, user_id, query)
        for session in part.items:
            yield session
        query = SessionQuery(after=part.after) if part.after else None
