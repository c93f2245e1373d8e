"""Deletion of an account with all its data."""

from __future__ import annotations

from sqlalchemy import delete, select

from campaigns.app import App, transaction
from campaigns.errors import NotFound
from campaigns.mapping import CAMPAIGN, SESSION, USER
from campaigns.models import CampaignRow, SessionRow, UserRow


async def delete_account(app: App, user_id: str) -> None:
    """Delete a user with all campaigns, sessions, transcripts, memberships and tokens.

    Campaigns are locked first, in the order of their ids, as in every action. Then the user is
    locked, so that no row can be added for the user meanwhile.

    Raises:
        NotFound: the user.
    """
    campaigns = select(CampaignRow.id).where(CampaignRow.user_id == user_id)
    user = select(UserRow.id).where(UserRow.id == user_id)
    async with transaction(app) as db:
        await db.execute(campaigns.order_by(CampaignRow.id).with_for_update())
        if await db.scalar(user.with_for_update()) is None:
            raise NotFound("user")
        sessions = await db.scalars(
            delete(SessionRow).where(SessionRow.user_id == user_id).returning(SessionRow.id)
        )
        session_ids = sorted(sessions)
        deleted = await db.scalars(
            delete(CampaignRow).where(CampaignRow.user_id == user_id).returning(CampaignRow.id)
        )
        campaign_ids = sorted(deleted)
        await db.execute(delete(UserRow).where(UserRow.id == user_id))
    for session_id in session_ids:
        await app.push(SESSION.name, session_id)
    for campaign_id in campaign_ids:
        await app.push(CAMPAIGN.name, campaign_id)
    await app.push(USER.name, user_id)
