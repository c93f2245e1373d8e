"""Rows from before the capture, and the backfill that copies them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from campaigns.mapping import APPLICATION
from crossfade.backfill import copy
from crossfade.backfill.windows import Progress
from crossfade.runtime.backfill import BackfillOptions, open_backfill, open_windows, plan_backfill
from crossfade.settings import Settings
from support.engines.product import RunningProduct

PLAIN = BackfillOptions()
RESTART = BackfillOptions(restart=True)
INSERT = "BatchExecuteStatement"
"""DynamoDB's operation that takes many rows at once."""
SMALL = {
    "backfill_page_rows": 20,
    "backfill_window_rows": 100,
    "backfill_standstill_seconds": 60.0,
}
"""Many pages, many windows."""


async def add_campaigns(product: RunningProduct, count: int, *, name: str = "Old") -> None:
    """Add campaigns as they were before the capture: the ledger does not know them."""
    await product.sql(
        "INSERT INTO campaigns (user_id, slug, name, updated_at) "
        "SELECT %s, lower(%s) || n, %s, now() FROM generate_series(1, %s) AS n",
        *(product.user_id, name, name, count),
    )
    await forget(product)


async def add_transcripts(product: RunningProduct, count: int) -> None:
    """Add sessions with transcripts, as they were before the capture."""
    await product.sql(
        "INSERT INTO sessions (id, user_id, name, share_token, transcript_text, updated_at) "
        "SELECT 's' || n, %s, 's' || n, 't' || n, "
        "repeat('[Cato] Nobody heard the bell. ', 200 + n), now() "
        "FROM generate_series(1, %s) AS n",
        *(product.user_id, count),
    )
    await forget(product)


async def forget(product: RunningProduct) -> None:
    """Make every row except the user's one from before the capture."""
    await product.sql("DELETE FROM crossfade.ledger WHERE entity <> 'user'")


def small(product: RunningProduct, **overrides: Any) -> Settings:
    """Return the product's settings, with many small pages."""
    return product.settings.model_copy(update={**SMALL, **overrides})


@asynccontextmanager
async def a_job(
    product: RunningProduct, options: BackfillOptions = PLAIN, **overrides: Any
) -> AsyncIterator[copy.BackfillJob]:
    """Open the backfill of one process, its windows planned."""
    settings = small(product, **overrides)
    async with open_windows(settings, APPLICATION.mappings) as windows:
        await plan_backfill(windows, options)
        stop = asyncio.Event()
        async with open_backfill(settings, product.migration, windows, options, stop) as job:
            limits = replace(job.limits, poll_seconds=0.05, retry_seconds=0.02)
            yield replace(job, limits=limits)


async def run_backfill(
    product: RunningProduct, options: BackfillOptions = PLAIN, **overrides: Any
) -> dict[str, Progress]:
    """Backfill in this process; return the progress of each entity."""
    async with a_job(product, options, **overrides) as job:
        await copy.run(job)
    return await progress(product)


async def progress(product: RunningProduct) -> dict[str, Progress]:
    """Return the progress of each entity."""
    async with open_windows(product.settings, APPLICATION.mappings) as windows:
        return {one.entity: one for one in await windows.progress()}
