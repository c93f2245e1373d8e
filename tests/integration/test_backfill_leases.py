"""Windows that were claimed by a statement with a lost answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from crossfade.backfill import copy
from crossfade.backfill.windows import Window
from crossfade.errors import Unreachable
from support.backfill import a_job, add_campaigns, progress
from support.engines.product import RunningProduct


@dataclass(frozen=True)
class LostClaims:
    """The windows; the first claims are carried out, and their answers are lost."""

    windows: Any
    lost_max: int
    lost: list[Window] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.windows, name)

    async def claim(self, without: Collection[str] = (), lane: int = 0) -> Window | None:
        window: Window | None = await self.windows.claim(without, lane)
        if window is not None and len(self.lost) < self.lost_max:
            self.lost.append(window)
            raise Unreachable("the answer is lost")
        return window


async def test_a_window_claimed_with_a_lost_answer_is_claimed_again(
    product: RunningProduct,
) -> None:
    """Its lease is ours: renewed as long as we live, no process would ever work on it."""
    await add_campaigns(product, 150)
    async with a_job(product, backfill_lease_seconds=600) as job:
        claims = LostClaims(job.windows, lost_max=3)
        async with asyncio.timeout(120):
            await copy.run(replace(job, windows=claims))
    assert len(claims.lost) == 3
    by_entity = await progress(product)
    assert {one.is_done for one in by_entity.values()} == {True}
    assert by_entity["campaign"].tally.written == 150
    await product.assert_equal()


async def test_lanes_of_one_process_take_different_windows(product: RunningProduct) -> None:
    await add_campaigns(product, 300)
    async with a_job(product) as job:
        first, second = [await job.windows.claim((), lane) for lane in (0, 1)]
        assert first is not None
        assert second is not None
        assert (first.entity, first.number) != (second.entity, second.number)
        assert await job.windows.claim((), 0) == first
