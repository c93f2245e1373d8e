"""Export of all data of a user, record by record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

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
    NamedMember,
    Page,
    Session,
    Transcript,
    User,
)

T = TypeVar("T")

Exported = User | ApiToken | Campaign | NamedMember | Character | Session | Transcript


async def export_account(app: App, user_id: str) -> AsyncIterator[Exported]:
    """Yield the user, then tokens, campaigns with their people, sessions with their transcripts.

    No transaction stays open between records, so the export is not a snapshot: records that are
    deleted during the export are omitted.

    Raises:
        NotFound: the user.
    """
    account = await get_account(app, user_id)
    if account is None:
        raise NotFound("user")
    yield account.user
    for token in await list_tokens(app, user_id):
        yield token
    async for campaign in _each(
        lambda after: list_campaigns(app, user_id, CampaignQuery(after=after))
    ):
        yield campaign
        with suppress(NotFound):
            for member in await list_members(app, user_id, campaign.id):
                yield member
            for character in await list_characters(app, user_id, campaign.id):
                yield character
    async for session in _each(
        lambda after: list_sessions(app, user_id, SessionQuery(after=after))
    ):
        yield session
        with suppress(NotFound):
            yield await get_transcript(app, user_id, session.id)


async def _each(part_after: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Yield the entries of a list, page by page."""
    after: str | None = None
    while True:
        part = await part_after(after)
        for one in part.items:
            yield one
        if not part.after:
            return
        after = part.after
