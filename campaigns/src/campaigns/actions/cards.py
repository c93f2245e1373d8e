"""Data of pages, in few statements: lists as cards, and a campaign with its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import TEXT, Enum, Select, cast, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.actions.campaigns import COLUMNS as CAMPAIGN_COLUMNS
from campaigns.actions.campaigns import selected as selected_campaigns
from campaigns.actions.pages import page
from campaigns.actions.people import PEOPLE_MAX
from campaigns.actions.rows import campaign_key, columns, found, many, one, own
from campaigns.actions.sessions import selected as selected_sessions
from campaigns.app import App, transaction
from campaigns.enums import CampaignStatus
from campaigns.inputs import CampaignQuery, SessionQuery
from campaigns.models import CampaignRow, CharacterRow, MemberRow, SessionRow, UserRow
from campaigns.records import (
    Campaign,
    CampaignCard,
    CampaignView,
    Page,
    Person,
    PersonKind,
    SessionCard,
)

DESCRIPTION_CHARACTERS = 240
SESSION_CARD_COLUMNS = columns(SessionRow, SessionCard)
PERSON_KIND = Enum(PersonKind, native_enum=False)
LAST_PLAYED = (
    select(func.max(SessionRow.played_on))
    .where(SessionRow.campaign_id == CampaignRow.id)
    .scalar_subquery()
)
CARD_COLUMNS = (
    CampaignRow.id,
    CampaignRow.name,
    func.left(CampaignRow.description, DESCRIPTION_CHARACTERS).label("description"),
    CampaignRow.system,
    CampaignRow.status,
    CampaignRow.tags,
    CampaignRow.session_count,
    LAST_PLAYED.label("last_played_on"),
    CampaignRow.revision,
    CampaignRow.updated_at,
)


async def list_campaign_cards(
    app: App, user_id: str, query: CampaignQuery
) -> tuple[Page[CampaignCard], Mapping[CampaignStatus, int]]:
    """Return the user's campaigns, last changed first, and the number of campaigns by status.

    Raises:
        Invalid: `after` is not a position in this list.
    """
    statement = (
        select(*CARD_COLUMNS)
        .where(*selected_campaigns(user_id, query))
        .order_by(CampaignRow.updated_at.desc(), CampaignRow.id.desc())
        .limit(query.limit + 1)
    )
    counts = (
        select(CampaignRow.status, func.count())
        .where(CampaignRow.user_id == user_id)
        .group_by(CampaignRow.status)
    )
    async with transaction(app) as db:
        cards = await many(db, CampaignCard, statement)
        by_status = dict((await db.execute(counts)).all())
    return page(cards, query.limit, "updated_at"), by_status


async def list_session_cards(app: App, user_id: str, query: SessionQuery) -> Page[SessionCard]:
    """Return the user's sessions, newest first, without their long texts.

    Raises:
        Invalid: `after` is not a position in this list.
    """
    async with transaction(app) as db:
        return await _session_cards(db, user_id, query)


async def get_campaign_view(
    app: App, user_id: str, campaign_id: str, after: str | None = None
) -> CampaignView:
    """Return a campaign with its sessions, members and characters, in three statements.

    Args:
        app: the application.
        user_id: the owner.
        campaign_id: the campaign.
        after: position that continues the list of sessions.

    Raises:
        Invalid: `after` is not a position in the list of sessions.
        NotFound: the campaign.
    """
    key = campaign_key(campaign_id)
    query = SessionQuery(campaign_id=key, after=after)
    async with transaction(app) as db:
        statement = select(*CAMPAIGN_COLUMNS).where(own(CampaignRow, user_id, key))
        campaign = found(await one(db, Campaign, statement), "campaign")
        sessions = await _session_cards(db, user_id, query)
        people = await many(db, Person, _people(key))
    members = tuple(person for person in people if person.kind is PersonKind.MEMBER)
    characters = tuple(person for person in people if person.kind is PersonKind.CHARACTER)
    return CampaignView(
        campaign=campaign, sessions=sessions, members=members, characters=characters
    )


async def _session_cards(db: AsyncSession, user_id: str, query: SessionQuery) -> Page[SessionCard]:
    statement = (
        select(*SESSION_CARD_COLUMNS)
        .where(*selected_sessions(user_id, query))
        .order_by(SessionRow.created_at.desc(), SessionRow.id.desc())
        .limit(query.limit + 1)
    )
    return page(await many(db, SessionCard, statement), query.limit, "created_at")


def _people(campaign_id: str) -> Select[tuple[Any, ...]]:
    """Return the statement that selects a campaign's members, then its characters."""
    members = (
        select(
            literal(PersonKind.MEMBER, PERSON_KIND).label("kind"),
            MemberRow.user_id.label("id"),
            func.coalesce(MemberRow.nickname, UserRow.name).label("name"),
            MemberRow.role.label("role"),
            cast(null(), TEXT).label("played_by"),
        )
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .where(MemberRow.campaign_id == campaign_id)
        .order_by(MemberRow.joined_at, MemberRow.user_id)
        .limit(PEOPLE_MAX)
    )
    characters = (
        select(
            literal(PersonKind.CHARACTER, PERSON_KIND),
            cast(CharacterRow.id, TEXT),
            CharacterRow.name,
            cast(null(), MemberRow.role.type),
            CharacterRow.played_by,
        )
        .where(CharacterRow.campaign_id == campaign_id)
        .order_by(CharacterRow.name)
        .limit(PEOPLE_MAX)
    )
    both = union_all(members.subquery().select(), characters.subquery().select()).subquery()
    return select(*both.c)
