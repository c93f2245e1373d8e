"""The session count of a campaign, updated in the transaction that changes it."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.actions.rows import own
from campaigns.errors import NotFound
from campaigns.models import CampaignRow


async def count_session(
    db: AsyncSession, user_id: str, *, left: str | None, entered: str | None
) -> tuple[str, ...]:
    """Decrement the count of the campaign `left` and increment that of `entered`.

    The campaigns stay locked until the transaction ends. To avoid deadlocks, they are locked in the
    order of their ids and before the session, in the same order as the deletion of a campaign.

    Returns:
        The ids of the campaigns that changed.

    Raises:
        NotFound: the campaign `entered` is not the user's.
    """
    if left == entered:
        return ()
    steps = {left: -1, entered: 1}
    changed = []
    for campaign_id in sorted(filter(None, steps)):
        if await _add(db, user_id, campaign_id, steps[campaign_id]):
            changed.append(campaign_id)
        elif campaign_id == entered:
            raise NotFound("campaign")
    return tuple(changed)


async def _add(db: AsyncSession, user_id: str, campaign_id: str, step: int) -> bool:
    statement = (
        update(CampaignRow)
        .where(own(CampaignRow, user_id, campaign_id))
        .values(session_count=CampaignRow.session_count + step)
        .returning(CampaignRow.id)
    )
    return await db.scalar(statement) is not None
