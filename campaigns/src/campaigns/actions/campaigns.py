"""Campaigns: create, update, delete, get, list. Campaigns of other users are not found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.actions.pages import before, page
from campaigns.actions.rows import (
    campaign_key,
    columns,
    found,
    insert_row,
    many,
    one,
    own,
    refused,
)
from campaigns.app import App, transaction
from campaigns.enums import CampaignStatus
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.fields import SLUG_CHARACTERS_MAX
from campaigns.inputs import CampaignChanges, CampaignQuery, NewCampaign
from campaigns.mapping import CAMPAIGN
from campaigns.models import CampaignRow
from campaigns.records import Campaign, Page

COLUMNS = columns(CampaignRow, Campaign)


async def create_campaign(app: App, user_id: str, new: NewCampaign) -> Campaign:
    """Create a campaign.

    Raises:
        Conflict: the slug is taken.
        NotFound: the user, or the campaign that it is a sequel of.
    """
    values = {"slug": slug_of(new.name), **columns_of(new.given(), null()), "user_id": user_id}
    async with transaction(app) as db:
        await require_own(db, user_id, new.sequel_of_id)
        campaign = await insert_row(db, CampaignRow, Campaign, values)
    await app.push(CAMPAIGN.name, campaign.id)
    return campaign


async def update_campaign(
    app: App, user_id: str, campaign_id: str, changes: CampaignChanges
) -> Campaign:
    """Change the given fields and increment the revision.

    Raises:
        Conflict: the campaign is no longer at the expected revision, or the slug is taken.
        Invalid: the campaign would be its own sequel.
        NotFound: the campaign, or the one it is a sequel of.
    """
    key = campaign_key(campaign_id)
    given = changes.given()
    expected = given.pop("expected_revision")
    if changes.sequel_of_id == key:
        raise Invalid(Problem("sequel_of_id", "the campaign itself", "give an earlier campaign"))
    stored = CampaignRow.__table__.c.archived_at
    statement = (
        update(CampaignRow)
        .where(own(CampaignRow, user_id, key), CampaignRow.revision == expected)
        .values(**columns_of(given, stored), revision=CampaignRow.revision + 1)
        .returning(*COLUMNS)
    )
    async with transaction(app) as db:
        await require_own(db, user_id, changes.sequel_of_id)
        campaign = await one(db, Campaign, statement)
        if campaign is None:
            raise await refused(db, CampaignRow, user_id, key, "campaign")
    await app.push(CAMPAIGN.name, key)
    return campaign


async def delete_campaign(app: App, user_id: str, campaign_id: str) -> None:
    """Delete a campaign with its members and characters; keep its sessions, without a campaign.

    Raises:
        NotFound: the campaign.
    """
    key = campaign_key(campaign_id)
    async with transaction(app) as db:
        statement = (
            delete(CampaignRow).where(own(CampaignRow, user_id, key)).returning(CampaignRow.id)
        )
        if await db.scalar(statement) is None:
            raise NotFound("campaign")
    await app.push(CAMPAIGN.name, key)


async def get_campaign(app: App, user_id: str, campaign_id: str) -> Campaign:
    """Return a campaign.

    Raises:
        NotFound: the campaign.
    """
    key = campaign_key(campaign_id)
    async with transaction(app) as db:
        statement = select(*COLUMNS).where(own(CampaignRow, user_id, key))
        return found(await one(db, Campaign, statement), "campaign")


async def list_campaigns(
    app: App, user_id: str, query: CampaignQuery | None = None
) -> Page[Campaign]:
    """Return the user's campaigns, last changed first.

    Raises:
        Invalid: `after` is not a position in this list.
    """
    query = query or CampaignQuery()
    statement = (
        select(*COLUMNS)
        .where(*selected(user_id, query))
        .order_by(CampaignRow.updated_at.desc(), CampaignRow.id.desc())
        .limit(query.limit + 1)
    )
    async with transaction(app) as db:
        campaigns = await many(db, Campaign, statement)
    return page(campaigns, query.limit, "updated_at")


def selected(user_id: str, query: CampaignQuery) -> list[ColumnElement[bool]]:
    """Return the WHERE conditions of a list of campaigns.

    Raises:
        Invalid: `after` is not a position in this list.
    """
    conditions = [CampaignRow.user_id == user_id]
    if query.status is not None:
        conditions.append(CampaignRow.status == query.status)
    if query.unarchived:
        conditions.append(CampaignRow.status != CampaignStatus.ARCHIVED)
    if query.after is not None:
        conditions.append(before(CampaignRow.updated_at, CampaignRow.id, query.after, campaign_key))
    return conditions


def slug_of(name: str) -> str:
    """Return the slug of a name: lower-case ASCII letters and digits, joined by dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    return words[:SLUG_CHARACTERS_MAX].strip("-") or "campaign"


def columns_of(given: Mapping[str, Any], archived_at: ColumnElement[Any]) -> dict[str, Any]:
    """Return the columns to write: the given ones, and `archived_at` if the status is given.

    Args:
        given: the given fields.
        archived_at: the stored time, which is kept if the campaign is archived already.
    """
    if "status" not in given:
        return dict(given)
    archived = given["status"] is CampaignStatus.ARCHIVED
    return {**given, "archived_at": func.coalesce(archived_at, func.now()) if archived else None}


async def require_own(db: AsyncSession, user_id: str, campaign_id: str | None) -> None:
    """Check that a campaign is the user's; None passes.

    Raises:
        NotFound: it does not exist or belongs to another user.
    """
    if campaign_id is not None:
        statement = select(CampaignRow.id).where(own(CampaignRow, user_id, campaign_id))
        if await db.scalar(statement) is None:
            raise NotFound("campaign")
