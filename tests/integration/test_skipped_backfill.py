"""A backfill continues without an entity with a changed table, and copies it once corrected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from campaigns.mapping import APPLICATION
from crossfade.backfill import copy
from crossfade.backfill.windows import Page, Window
from crossfade.events import EntitySkipped
from crossfade.jobs.skipped import SkippedEntity
from crossfade.postgres import install
from crossfade.runtime.backfill import BackfillOptions, open_windows, plan_backfill
from support.backfill import a_job, add_campaigns, add_transcripts, progress, run_backfill
from support.engines.product import RunningProduct

CAMPAIGNS, SESSIONS = 70, 30
ALTER = "ALTER TABLE campaigns ADD mood text"
MEND = "ALTER TABLE campaigns DROP mood"
REASON = "mood is not in the mapping"


@pytest.fixture
async def furnished(product: RunningProduct) -> RunningProduct:
    """Campaigns and sessions of before the capture."""
    await add_campaigns(product, CAMPAIGNS)
    await add_transcripts(product, SESSIONS)
    return product


@dataclass
class Watched:
    """Windows of which a page of an entity is followed by something else, once."""

    windows: Any
    entity: str
    act: Callable[[], Awaitable[object]]
    pages: int = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.windows, name)

    async def page(self, window: Window, rows_max: int) -> Page:
        page: Page = await self.windows.page(window, rows_max)
        if window.entity == self.entity:
            self.pages -= 1
            if self.pages == 0:
                await self.act()
        return page


async def run_altering(
    product: RunningProduct, entity: str, statement: str, *, pages: int = 1
) -> tuple[SkippedEntity, ...]:
    """Backfill; a statement is made after some pages of an entity were read."""
    async with a_job(product) as job:
        watched: Any = Watched(job.windows, entity, lambda: product.sql(statement), pages)
        return await copy.run(replace(job, windows=watched))


async def assert_left_out(product: RunningProduct, entity: str) -> None:
    """Every other entity is done."""
    by_entity = await progress(product)
    assert {one.entity for one in by_entity.values() if not one.is_done} == {entity}
    assert {(one.job, one.entity) for one in product.observed(EntitySkipped)} == {
        ("backfill", entity)
    }


async def assert_all_copied(product: RunningProduct) -> None:
    by_entity = await run_backfill(product)
    assert {one.is_done for one in by_entity.values()} == {True}
    assert (by_entity["campaign"].tally.read, by_entity["session"].tally.read) == (
        CAMPAIGNS,
        SESSIONS,
    )
    await product.assert_equal()


async def mend(product: RunningProduct, statement: str) -> None:
    await product.sql(statement)
    await install(product.direct.dsn, APPLICATION.mappings)


async def test_the_others_are_copied_and_the_next_backfill_copies_what_was_mended(
    furnished: RunningProduct,
) -> None:
    await furnished.sql(ALTER)
    async with a_job(furnished) as job:
        (left_out,) = await copy.run(job)
    assert left_out.entity == "campaign"
    assert REASON in left_out.reason
    await assert_left_out(furnished, "campaign")
    assert (await progress(furnished))["campaign"].tally.read == 0
    await mend(furnished, MEND)
    await assert_all_copied(furnished)


@pytest.mark.parametrize("pages", [1, 3])
async def test_a_table_that_changes_between_two_pages_is_left_out(
    furnished: RunningProduct, pages: int
) -> None:
    (left_out,) = await run_altering(furnished, "campaign", ALTER, pages=pages)
    assert REASON in left_out.reason
    await assert_left_out(furnished, "campaign")
    await mend(furnished, MEND)
    await assert_all_copied(furnished)


async def test_a_large_column_that_is_gone_when_it_is_fetched_leaves_its_entity_out(
    furnished: RunningProduct,
) -> None:
    """The page was read before; only the column's content is missing."""
    rename = "ALTER TABLE sessions RENAME transcript_text TO words"
    (left_out,) = await run_altering(furnished, "session", rename)
    assert left_out.entity == "session"
    await assert_left_out(furnished, "session")
    await mend(furnished, "ALTER TABLE sessions RENAME words TO transcript_text")
    await assert_all_copied(furnished)


async def test_a_table_that_is_gone_in_the_middle_is_left_out(furnished: RunningProduct) -> None:
    gone = "ALTER TABLE campaigns RENAME TO others"
    (left_out,) = await run_altering(furnished, "campaign", gone)
    assert "public.campaigns does not exist" in left_out.reason
    await assert_left_out(furnished, "campaign")
    await mend(furnished, "ALTER TABLE others RENAME TO campaigns")
    await assert_all_copied(furnished)


@pytest.mark.parametrize(
    ("alter", "back", "reason"),
    [
        ("campaigns RENAME TO others", "others RENAME TO campaigns", "does not exist"),
        ("campaigns RENAME id TO name_of", "campaigns RENAME name_of TO id", "id does not exist"),
    ],
)
async def test_a_table_that_cannot_be_cut_into_windows_is_left_out(
    furnished: RunningProduct, alter: str, back: str, reason: str
) -> None:
    await furnished.sql(f"ALTER TABLE {alter}")
    async with open_windows(furnished.settings, APPLICATION.mappings) as windows:
        (left_out,) = await plan_backfill(windows, BackfillOptions())
    assert left_out.entity == "campaign"
    assert reason in left_out.reason
    async with a_job(furnished) as job:
        await copy.run(job)
    by_entity = await progress(furnished)
    assert "campaign" not in by_entity
    assert {one.is_done for one in by_entity.values()} == {True}
    await mend(furnished, f"ALTER TABLE {back}")
    await assert_all_copied(furnished)


async def test_nothing_is_left_when_every_table_has_changed(furnished: RunningProduct) -> None:
    for mapping in APPLICATION.mappings:
        await furnished.sql(f"ALTER TABLE {mapping.table} ADD mood text")
    async with a_job(furnished) as job:
        left_out = await copy.run(job)
    assert len(left_out) == len(APPLICATION.mappings)
