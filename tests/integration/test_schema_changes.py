"""A table that changes under its mapping: its entity waits and says why, and nothing is garbled.

Every reader notices with its next statement, since each asks in its own snapshot.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.mapping import APPLICATION
from crossfade.backfill.windows import Window
from crossfade.errors import SchemaChanged
from crossfade.events import EntityPaused, Event
from crossfade.mapping.application import Application
from crossfade.mapping.declaration.mapping import Column
from crossfade.postgres import install
from crossfade.runtime.backfill import BackfillOptions, open_windows, plan_backfill
from crossfade.runtime.migration import open_migration
from crossfade.runtime.verification import open_verifier
from support.engines.world import World
from support.postgres_tables import NOTES
from support.verification import Stage

CHANGES = {
    "column added": ("ADD pinned boolean", "pinned is not in the mapping"),
    "column dropped": ("DROP draft", "draft does not exist"),
    "column renamed": ("RENAME title TO heading", "title does not exist"),
    "type changed": ("ALTER title TYPE text", "title is of type text"),
    "length changed": ("ALTER title TYPE varchar(200)", "title is of type character varying(200)"),
    "body renamed": ("RENAME content TO body", "content does not exist"),
    "ignored column changed": ("ALTER search TYPE text", "run `crossfade install`"),
    "nothing required": ("ALTER owner DROP NOT NULL", "owner allows NULL"),
    "other key": ("DROP CONSTRAINT notes_pkey, ADD PRIMARY KEY (id, owner)", "primary key"),
    "table renamed": ("RENAME TO memos", "does not exist"),
}
"""Ways to change the table, and what is said."""


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    """A note in both stores."""
    await stage.add("a")
    await stage.drain()
    return stage


async def mark(stage: Stage) -> None:
    """Have the note delivered anew."""
    await stage.sql(
        "UPDATE crossfade.ledger SET version = version + 1, dirty_since = now(), "
        "next_attempt_at = now()"
    )


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
async def test_the_relay_pauses_the_entity_and_says_why(
    stage: Stage, change: str, told: str
) -> None:
    before = stage.item("a")
    await stage.sql(f"ALTER TABLE notes {change}")
    await mark(stage)
    await stage.migration.relay_step()
    assert stage.item("a") == before
    (paused,) = [one for one in stage.events if isinstance(one, EntityPaused)]
    assert (paused.entity, paused.error) == ("note", "SchemaChanged")
    assert told in paused.reason


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
async def test_the_fast_path_leaves_the_row_to_the_relay(
    stage: Stage, change: str, told: str
) -> None:
    before = stage.item("a")
    await stage.sql(f"ALTER TABLE notes {change}")
    await mark(stage)
    assert not await stage.migration.push("note", "a", wait=True)
    assert stage.item("a") == before
    assert told in next(one for one in stage.events if isinstance(one, EntityPaused)).reason


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
async def test_a_page_of_the_backfill_is_refused(stage: Stage, change: str, told: str) -> None:
    """A page without rows too: its window would else count as done."""
    async with open_windows(stage.settings, [NOTES]) as windows:
        await plan_backfill(windows, BackfillOptions())
        await stage.sql(f"ALTER TABLE notes {change}")
        for last in (None, ("a",)):
            with pytest.raises(SchemaChanged) as refused:
                await windows.page(Window("note", last=last), 10)
            assert told in str(refused.value)


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
async def test_a_pass_of_verification_ends_and_says_why(
    stage: Stage, change: str, told: str
) -> None:
    await stage.sql(f"ALTER TABLE notes {change}")
    with pytest.raises(SchemaChanged) as refused:
        await stage.verifier.full_pass()
    assert told in str(refused.value)
    assert await stage.findings() == {}


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
async def test_continuous_verification_leaves_the_entity_alone_and_says_why(
    stage: Stage, change: str, told: str
) -> None:
    await stage.sql(f"ALTER TABLE notes {change}")
    async with stage.verifier.watching() as watch:
        for _ in range(3):
            assert not await watch.step()
    assert await stage.findings() == {}
    (paused,) = [one for one in stage.events if isinstance(one, EntityPaused)]
    assert told in paused.reason


async def test_continuous_verification_goes_on_with_other_entities(world: World) -> None:
    await world.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "VALUES (gen_random_uuid(), %s, 'c', 'One', now())",
        world.user_id,
    )
    await world.drain()
    await world.sql("ALTER TABLE campaigns ADD mood text")
    events: list[Event] = []
    async with (
        open_verifier(world.settings, APPLICATION.mappings, events.append) as verifier,
        verifier.watching() as watch,
    ):
        assert await watch.step()
        assert not await watch.step()
        left = await verifier.unverified.unverified(10)
    assert {key.entity for key in left} == {"campaign"}
    assert [one.entity for one in events if isinstance(one, EntityPaused)] == ["campaign"]


async def test_a_change_that_the_mapping_allows_needs_another_installation_only(
    stage: Stage,
) -> None:
    await stage.sql("ALTER TABLE notes ALTER search TYPE text")
    await mark(stage)
    await stage.migration.relay_step()
    await install(stage.database.dsn, [NOTES])
    await mark(stage)
    await stage.drain()
    assert await stage.verdicts() == {}


async def test_processes_of_the_release_before_wait_for_those_of_the_next(stage: Stage) -> None:
    """A column was added, and the next release maps it."""
    await stage.sql("ALTER TABLE notes ADD pinned boolean DEFAULT true")
    wider = replace(NOTES, columns=(*NOTES.columns, Column("pinned", "boolean")), version=2)
    await install(stage.database.dsn, [wider])
    await mark(stage)
    await stage.migration.relay_step()
    assert "pinned" not in stage.item("a")
    (paused,) = [one for one in stage.events if isinstance(one, EntityPaused)]
    assert "pinned is not in the mapping" in paused.reason
    await mark(stage)
    settings = stage.settings
    async with open_migration(settings, Application((wider,)), stage.events.append) as migration:
        await replace(stage, migration=migration).drain()
    assert stage.item("a")["pinned"] == {"BOOL": True}


async def test_a_process_whose_declaration_was_never_installed_waits(stage: Stage) -> None:
    other, before = replace(NOTES, version=2), stage.item("a")
    await mark(stage)
    async with open_migration(
        stage.settings, Application((other,)), stage.events.append
    ) as migration:
        await migration.relay_step()
    (paused,) = [one for one in stage.events if isinstance(one, EntityPaused)]
    assert "another declaration" in paused.reason
    assert stage.item("a") == before
