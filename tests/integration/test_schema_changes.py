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
from support.engines.product import RunningProduct
from support.postgres_tables import NOTES
from support.verification import VerifiedNotes

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
async def verified_notes(verified_notes: VerifiedNotes) -> VerifiedNotes:
    """A note in both stores."""
    await verified_notes.add("a")
    await verified_notes.drain()
    return verified_notes


async def mark(verified_notes: VerifiedNotes) -> None:
    """Have the note delivered anew."""
    await verified_notes.sql(
        "UPDATE crossfade.ledger SET version = version + 1, dirty_since = now(), "
        "next_attempt_at = now()"
    )


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
async def test_the_relay_pauses_the_entity_and_says_why(
    verified_notes: VerifiedNotes, change: str, reason: str
) -> None:
    before = verified_notes.item("a")
    await verified_notes.sql(f"ALTER TABLE notes {change}")
    await mark(verified_notes)
    await verified_notes.migration.relay_step()
    assert verified_notes.item("a") == before
    (paused,) = [one for one in verified_notes.events if isinstance(one, EntityPaused)]
    assert (paused.entity, paused.error) == ("note", SchemaChanged)
    assert reason in paused.reason


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
async def test_the_fast_path_leaves_the_row_to_the_relay(
    verified_notes: VerifiedNotes, change: str, reason: str
) -> None:
    before = verified_notes.item("a")
    await verified_notes.sql(f"ALTER TABLE notes {change}")
    await mark(verified_notes)
    assert not await verified_notes.migration.push("note", "a", wait=True)
    assert verified_notes.item("a") == before
    assert (
        reason in next(one for one in verified_notes.events if isinstance(one, EntityPaused)).reason
    )


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
async def test_a_page_of_the_backfill_is_refused(
    verified_notes: VerifiedNotes, change: str, reason: str
) -> None:
    """A page without rows too: its window would else count as done."""
    async with open_windows(verified_notes.settings, [NOTES]) as windows:
        await plan_backfill(windows, BackfillOptions())
        await verified_notes.sql(f"ALTER TABLE notes {change}")
        for last in (None, ("a",)):
            with pytest.raises(SchemaChanged) as refused:
                await windows.page(Window("note", last=last), 10)
            assert reason in str(refused.value)


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
async def test_a_pass_of_verification_ends_and_says_why(
    verified_notes: VerifiedNotes, change: str, reason: str
) -> None:
    await verified_notes.sql(f"ALTER TABLE notes {change}")
    with pytest.raises(SchemaChanged) as refused:
        await verified_notes.verifier.run_full_pass()
    assert reason in str(refused.value)
    assert await verified_notes.findings() == {}


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
async def test_continuous_verification_skips_the_entity_and_gives_the_reason(
    verified_notes: VerifiedNotes, change: str, reason: str
) -> None:
    await verified_notes.sql(f"ALTER TABLE notes {change}")
    async with verified_notes.verifier.continuous_run() as watch:
        for _ in range(3):
            assert not await watch.step()
    assert await verified_notes.findings() == {}
    (paused,) = [one for one in verified_notes.events if isinstance(one, EntityPaused)]
    assert reason in paused.reason


async def test_continuous_verification_continues_with_other_entities(
    product: RunningProduct,
) -> None:
    await product.sql(
        "INSERT INTO campaigns (id, user_id, slug, name, updated_at) "
        "VALUES (gen_random_uuid(), %s, 'c', 'One', now())",
        product.user_id,
    )
    await product.drain()
    await product.sql("ALTER TABLE campaigns ADD mood text")
    events: list[Event] = []
    async with (
        open_verifier(product.settings, APPLICATION.mappings, events.append) as verifier,
        verifier.continuous_run() as watch,
    ):
        assert await watch.step()
        assert not await watch.step()
        left = await verifier.unverified.unverified(10)
    assert {key.entity for key in left} == {"campaign"}
    assert [one.entity for one in events if isinstance(one, EntityPaused)] == ["campaign"]


async def test_a_change_that_the_mapping_allows_needs_another_installation_only(
    verified_notes: VerifiedNotes,
) -> None:
    await verified_notes.sql("ALTER TABLE notes ALTER search TYPE text")
    await mark(verified_notes)
    await verified_notes.migration.relay_step()
    await install(verified_notes.database.dsn, [NOTES])
    await mark(verified_notes)
    await verified_notes.drain()
    assert await verified_notes.verdicts() == {}


async def test_processes_of_the_release_before_wait_for_those_of_the_next(
    verified_notes: VerifiedNotes,
) -> None:
    """A column was added, and the next release maps it."""
    await verified_notes.sql("ALTER TABLE notes ADD pinned boolean DEFAULT true")
    wider = replace(NOTES, columns=(*NOTES.columns, Column("pinned", "boolean")), version=2)
    await install(verified_notes.database.dsn, [wider])
    await mark(verified_notes)
    await verified_notes.migration.relay_step()
    assert "pinned" not in verified_notes.item("a")
    (paused,) = [one for one in verified_notes.events if isinstance(one, EntityPaused)]
    assert "pinned is not in the mapping" in paused.reason
    await mark(verified_notes)
    settings = verified_notes.settings
    async with open_migration(
        settings, Application((wider,)), verified_notes.events.append
    ) as migration:
        await replace(verified_notes, migration=migration).drain()
    assert verified_notes.item("a")["pinned"] == {"BOOL": True}


async def test_a_process_with_a_declaration_that_is_not_installed_waits(
    verified_notes: VerifiedNotes,
) -> None:
    other, before = replace(NOTES, version=2), verified_notes.item("a")
    await mark(verified_notes)
    async with open_migration(
        verified_notes.settings, Application((other,)), verified_notes.events.append
    ) as migration:
        await migration.relay_step()
    (paused,) = [one for one in verified_notes.events if isinstance(one, EntityPaused)]
    assert "another declaration" in paused.reason
    assert verified_notes.item("a") == before
