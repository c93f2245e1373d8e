"""Rows that every class of corruption can damage, and the damage."""

from __future__ import annotations

import asyncio
from functools import partial

from campaigns.actions import create_campaign, create_session, delete_campaign, save_transcript
from campaigns.inputs import NewCampaign, NewSession, TranscriptChanges
from campaigns.mapping import APPLICATION
from crossfade.testing.corruption.corruption import Corruption, Injected, corrupt
from support.engines.product import RunningProduct


async def furnish(product: RunningProduct) -> None:
    """Create rows that suit every class of corruption, and a tombstone."""
    for number in range(3):
        campaign = await create_campaign(
            product.app,
            product.user_id,
            NewCampaign(name=f"Low tide {number}", tags=["one", "two"]),
        )
        session = await create_session(
            product.app,
            product.user_id,
            NewSession(name=f"Session {number}", campaign_id=campaign.id),
        )
        text = f"[Brin] Hello number {number}? " * 50
        changes = TranscriptChanges(expected_revision=session.revision, text=text)
        await save_transcript(product.app, product.user_id, session.id, changes)
    doomed = await create_campaign(product.app, product.user_id, NewCampaign(name="Doomed"))
    await product.drain()
    await delete_campaign(product.app, product.user_id, doomed.id)
    await product.assert_equal()


async def inject(
    product: RunningProduct, *corruptions: Corruption, seed: int = 7, count: int = 1
) -> tuple[Injected, ...]:
    """Damage the product's stores; return what was injected."""
    work = partial(
        corrupt, product.stores, APPLICATION.mappings, corruptions, seed=seed, count=count
    )
    return await asyncio.to_thread(work)
