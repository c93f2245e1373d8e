"""Sessions: create, update, move, delete, get, list. Sessions of other users are not found."""

from __future__ import annotations

import secrets
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.actions.campaigns import require_own
from campaigns.actions.counts import count_session
from campaigns.actions.pages import before, page
from campaigns.actions.rows import (
    columns,
    found,
    insert_row,
    many,
    one,
    own,
    refused,
    session_key,
)
from campaigns.app import App, transaction
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.inputs import NewSession, SessionChanges, SessionQuery, require_order
from campaigns.mapping import CAMPAIGN, SESSION
from campaigns.models import SessionRow
from campaigns.records import Page, Session

COLUMNS = columns(SessionRow, Session)


async def create_session(app: App, user_id: str, new: NewSession) -> Session:
    """Create a session, in a campaign or in none.

    Raises:
        Conflict: another session of the campaign has this number.
        NotFound: the user, or the campaign.
    """
    ids = {"id": str(uuid4()), "user_id": user_id, "share_token": secrets.token_urlsafe(16)}
    async with transaction(app) as db:
        counted = await count_session(db, user_id, left=None, entered=new.campaign_id)
        session = await insert_row(db, SessionRow, Session, {**new.given(), **ids})
    await push_session(app, session.id, counted)
    return session


async def update_session(
    app: App, user_id: str, session_id: str, changes: SessionChanges
) -> Session:
    """Change the given fields and increment the revision; `campaign_id` moves the session.

    Raises:
        Conflict: the session is no longer at the expected revision, or the number is taken.
        Invalid: the session would end before it starts.
        NotFound: the session, or the campaign that it is moved to.
    """
    key = session_key(session_id)
    given = changes.given()
    expected = given.pop("expected_revision")
    statement = (
        update(SessionRow)
        .where(own(SessionRow, user_id, key), SessionRow.revision == expected)
        .values(**given, revision=SessionRow.revision + 1)
        .returning(*COLUMNS)
    )
    counted: tuple[str, ...] = ()
    async with transaction(app) as db:
        if "campaign_id" in given:
            left = await campaign_of(db, user_id, key)
            counted = await count_session(db, user_id, left=left, entered=changes.campaign_id)
        session = await one(db, Session, statement)
        if session is None:
            raise await refused(db, SessionRow, user_id, key, "session")
        require_order(session.started_at, session.ended_at)
    await push_session(app, key, counted)
    return session


async def delete_session(app: App, user_id: str, session_id: str) -> None:
    """Delete a session with its transcript and the appearances of characters in it.

    Raises:
        Conflict: the session was moved concurrently.
        NotFound: the session.
    """
    key = session_key(session_id)
    async with transaction(app) as db:
        left = await campaign_of(db, user_id, key)
        counted = await count_session(db, user_id, left=left, entered=None)
        unmoved = SessionRow.campaign_id.is_not_distinct_from(left)
        statement = (
            delete(SessionRow)
            .where(own(SessionRow, user_id, key), unmoved)
            .returning(SessionRow.id)
        )
        if await db.scalar(statement) is None:
            raise Conflict("campaign_id", "changed concurrently", "delete it again")
    await push_session(app, key, counted)


async def get_session(app: App, user_id: str, session_id: str) -> Session:
    """Return a session without its transcript.

    Raises:
        NotFound: the session.
    """
    key = session_key(session_id)
    async with transaction(app) as db:
        statement = select(*COLUMNS).where(own(SessionRow, user_id, key))
        return found(await one(db, Session, statement), "session")


async def list_sessions(app: App, user_id: str, query: SessionQuery | None = None) -> Page[Session]:
    """Return the user's sessions, newest first.

    Raises:
        Invalid: `after` is not a position in this list; or both `unfiled` and `campaign_id` are
            given.
        NotFound: the campaign.
    """
    query = query or SessionQuery()
    statement = (
        select(*COLUMNS)
        .where(*selected(user_id, query))
        .order_by(SessionRow.created_at.desc(), SessionRow.id.desc())
        .limit(query.limit + 1)
    )
    async with transaction(app) as db:
        await require_own(db, user_id, query.campaign_id)
        sessions = await many(db, Session, statement)
    return page(sessions, query.limit, "created_at")


def selected(user_id: str, query: SessionQuery) -> list[ColumnElement[bool]]:
    """Return the WHERE conditions of a list of sessions.

    Raises:
        Invalid: both `unfiled` and `campaign_id` are given, or `after` is malformed.
    """
    if query.unfiled and query.campaign_id is not None:
        problem = Problem("unfiled", "contradicts campaign_id", "give one of the two")
        raise Invalid(problem)
    conditions = [SessionRow.user_id == user_id]
    if query.campaign_id is not None:
        conditions.append(SessionRow.campaign_id == query.campaign_id)
    if query.unfiled:
        conditions.append(SessionRow.campaign_id.is_(None))
    if query.after is not None:
        conditions.append(before(SessionRow.created_at, SessionRow.id, query.after, session_key))
    return conditions


async def campaign_of(db: AsyncSession, user_id: str, session_id: str) -> str | None:
    """Return the id of a session's campaign, without a lock.

    Raises:
        NotFound: the session.
    """
    statement = select(SessionRow.id, SessionRow.campaign_id).where(
        own(SessionRow, user_id, session_id)
    )
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("session")
    _, campaign_id = row
    return campaign_id


async def push_session(app: App, session_id: str, campaigns: tuple[str, ...]) -> None:
    """Push a session, and the campaigns with a changed session count."""
    await app.push(SESSION.name, session_id)
    for campaign_id in campaigns:
        await app.push(CAMPAIGN.name, campaign_id)
