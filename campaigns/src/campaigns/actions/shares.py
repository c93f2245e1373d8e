"""Shared links to a session's recap: create, revoke, open without an account.

Every session has a token. Its link is valid until `share_expires_at`, and invalid if that is null.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, func, null, select, update

from campaigns.actions.rows import UNSTORABLE, found, one, own, refused, session_key
from campaigns.actions.sessions import COLUMNS
from campaigns.app import App, transaction
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.mapping import SESSION
from campaigns.models import CampaignRow, SessionRow
from campaigns.records import Session, SharedRecap
from campaigns.transcript_inputs import ShareRequest

SHARE_DAYS_MAX = 366
TOKEN_BYTES = 16
SHARED = (
    SessionRow.name,
    SessionRow.player_recap,
    SessionRow.played_on,
    CampaignRow.name.label("campaign_name"),
)


async def share_session(app: App, user_id: str, session_id: str, request: ShareRequest) -> Session:
    """Let anyone who has the link read the recap until it expires.

    A valid link keeps its token; a revoked or expired one gets a new token.

    Raises:
        Conflict: the session is no longer at the expected revision.
        Invalid: the expiry is in the past or too far in the future.
        NotFound: the session.
    """
    key = session_key(session_id)
    ahead = request.expires_at - datetime.now(UTC)
    if not timedelta() < ahead <= timedelta(days=SHARE_DAYS_MAX):
        remedy = f"give a time within the next {SHARE_DAYS_MAX} days"
        raise Invalid(Problem("expires_at", "in the past or too far in the future", remedy))
    works = SessionRow.share_expires_at > func.now()
    statement = (
        update(SessionRow)
        .where(own(SessionRow, user_id, key), SessionRow.revision == request.expected_revision)
        .values(
            share_expires_at=request.expires_at,
            share_token=case((works, SessionRow.share_token), else_=new_token()),
            revision=SessionRow.revision + 1,
        )
        .returning(*COLUMNS)
    )
    async with transaction(app) as db:
        session = await one(db, Session, statement)
        if session is None:
            raise await refused(db, SessionRow, user_id, key, "session")
    await app.push(SESSION.name, key)
    return session


async def revoke_share(app: App, user_id: str, session_id: str) -> Session:
    """Revoke the link permanently. It takes no revision, so that no edit conflict can prevent it.

    Raises:
        NotFound: the session.
    """
    key = session_key(session_id)
    statement = (
        update(SessionRow)
        .where(own(SessionRow, user_id, key))
        .values(share_expires_at=null(), share_token=new_token(), revision=SessionRow.revision + 1)
        .returning(*COLUMNS)
    )
    async with transaction(app) as db:
        session = found(await one(db, Session, statement), "session")
    await app.push(SESSION.name, key)
    return session


async def get_shared(app: App, token: str) -> SharedRecap:
    """Return a shared recap.

    Raises:
        NotFound: the link is unknown, revoked or expired, without distinction.
    """
    if UNSTORABLE.search(token):
        raise NotFound("shared recap")
    statement = (
        select(*SHARED)
        .outerjoin(CampaignRow, CampaignRow.id == SessionRow.campaign_id)
        .where(SessionRow.share_token == token, SessionRow.share_expires_at > func.now())
    )
    async with transaction(app) as db:
        return found(await one(db, SharedRecap, statement), "shared recap")


def new_token() -> str:
    """Return a random token."""
    return secrets.token_urlsafe(TOKEN_BYTES)
