"""Records that cannot be stored park alone; a lost or old ledger gives way to the source."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import zstandard

from campaigns.actions import (
    create_campaign,
    create_session,
    delete_campaign,
    save_transcript,
    update_campaign,
    update_session,
)
from campaigns.errors import Unavailable
from campaigns.inputs import (
    CampaignChanges,
    NewCampaign,
    NewSession,
    SessionChanges,
    TranscriptChanges,
)
from campaigns.mapping import APPLICATION
from campaigns.records import Campaign, Session, Transcript
from crossfade.events import EntityPaused, KeyParked, LedgerRaised, PushFailed, PushSkipped
from crossfade.mapping.codec.codec import Codec, Draft
from crossfade.mapping.state import Key, Live, Moved
from crossfade.postgres import install, uninstall
from crossfade.relay import delivery
from crossfade.testing import Refuse
from support.engines.world import World

LARGE_BYTES = 300_000


async def make(world: World, name: str) -> Campaign:
    return await create_campaign(world.app, world.user_id, NewCampaign(name=name))


async def rename(world: World, campaign: Campaign, name: str) -> Campaign:
    changes = CampaignChanges(expected_revision=campaign.revision, name=name)
    return await update_campaign(world.app, world.user_id, campaign.id, changes)


async def say(world: World, session: Session, text: str) -> Transcript:
    changes = TranscriptChanges(expected_revision=session.revision, text=text)
    return await save_transcript(world.app, world.user_id, session.id, changes)


async def park(world: World) -> None:
    """Take steps until nothing but parked keys is left."""
    while True:
        ((due,),) = await world.sql(
            "SELECT count(*) FROM crossfade.ledger WHERE version > acked AND parked_reason IS NULL"
        )
        if due == 0:
            return
        await world.migration.relay_step()


async def test_columns_that_make_an_item_too_large_move_to_s3(world: World) -> None:
    campaign = await make(world, "Large")
    await world.sql(
        "UPDATE campaigns SET description = repeat('é', %s), settings = to_jsonb(repeat('x', %s))",
        LARGE_BYTES // 2,
        LARGE_BYTES,
    )
    await world.migration.push("campaign", campaign.id, wait=True)
    await world.assert_equal()
    assert not world.observed(PushFailed)


async def test_an_item_over_the_limit_parks_alone_until_it_is_mended(world: World) -> None:
    campaign = await make(world, "Tags")
    other = await make(world, "Other")
    await world.sql(
        "UPDATE campaigns SET tags = ARRAY[repeat('x', %s)] WHERE id = %s", 420_000, campaign.id
    )
    await rename(world, other, "Other still arrives")
    await park(world)
    (parked,) = world.observed(KeyParked)
    assert parked.key.parts[0] == campaign.id
    assert "409600" in parked.reason
    assert "xxx" not in parked.reason
    assert await world.dirty() == 1, "only the parked key is left"
    await world.sql("UPDATE campaigns SET tags = ARRAY['short'] WHERE id = %s", campaign.id)
    await world.assert_equal()


async def test_a_value_without_a_form_parks_and_names_the_column(world: World) -> None:
    """An empty id cannot be part of a DynamoDB key."""
    await world.sql(
        "INSERT INTO users (id, email, updated_at) VALUES ('', 'nobody@example.org', now())"
    )
    await park(world)
    (parked,) = world.observed(KeyParked)
    assert "id: empty text in a key" in parked.reason
    await world.sql("DELETE FROM users WHERE id = ''")
    await world.assert_equal()


async def test_an_error_of_our_own_keeps_to_the_record_that_met_it(world: World) -> None:
    """A codec that breaks on one row; its message quotes the row."""

    class Broken(Codec):
        def encode(self, live: Live) -> Draft:
            if live.columns["name"] == "Cursed":
                raise KeyError(live.columns["name"])
            return super().encode(live)

    cursed, blessed = await make(world, "Before"), await make(world, "Blessed")
    await world.drain()
    await world.sql("UPDATE campaigns SET name = 'Cursed' WHERE id = %s", cursed.id)
    await world.sql("UPDATE campaigns SET party_level = 2 WHERE id = %s", blessed.id)
    route = world.migration.route
    codecs = {**route.codecs, "campaign": Broken(APPLICATION.by_name["campaign"])}
    # One lane: it ends at the cursed campaign, and another one has to take the blessed one.
    broken = replace(route, codecs=codecs, deliveries_max=1)
    async with asyncio.timeout(60):
        while not world.observed(KeyParked):
            await delivery.step(broken, keys_max=10)
    assert await world.dirty() == 1, "the other campaign arrived"
    assert "Cursed" not in repr(world.events)
    await world.sql("UPDATE campaigns SET name = 'Healed' WHERE id = %s", cursed.id)
    await world.assert_equal()


async def test_a_transcript_that_changes_between_two_reads_is_read_again(world: World) -> None:
    """Digest and content are read one after the other; the row changes in between."""
    session = await create_session(world.app, world.user_id, NewSession(name="One"))
    await say(world, session, "[Brin] First.")
    await world.drain()
    changed = False

    class Hasty:
        def __init__(self, source: Any) -> None:
            self._source = source

        def __getattr__(self, name: str) -> Any:
            return getattr(self._source, name)

        async def body(self, key: Key, column: str) -> str | None:
            nonlocal changed
            if not changed:
                changed = True
                await world.sql("UPDATE sessions SET transcript_text = '[Brin] Third.'")
            text: str | None = await self._source.body(key, column)
            return text

    await world.sql("UPDATE sessions SET transcript_text = '[Brin] Second.'")
    route = replace(world.migration.route, source=Hasty(world.migration.route.source))
    report = await delivery.step(route, keys_max=10)
    assert [type(outcome) for outcome in report.outcomes] == [Moved]
    await world.assert_equal()
    texts = {
        zstandard.ZstdDecompressor()
        .decompressobj()
        .decompress(
            world.stores.s3.get_object(Bucket=world.stores.bucket, Key=one["Key"])["Body"].read()
        )
        for one in world.stores.s3.list_objects_v2(Bucket=world.stores.bucket)["Contents"]
    }
    assert texts == {b"[Brin] First.", b"[Brin] Third."}


async def test_a_ledger_that_was_lost_gives_way_to_the_source(world: World) -> None:
    """The target has higher versions than a new ledger; the source wins all the same."""
    campaign = await make(world, "One")
    for name in ("Two", "Three", "Four"):
        campaign = await rename(world, campaign, name)
    gone = await make(world, "Gone")
    await world.drain()
    await uninstall(world.direct.dsn, force=True)
    await install(world.direct.dsn, APPLICATION.mappings)
    await rename(world, campaign, "Five")
    await delete_campaign(world.app, world.user_id, gone.id)
    await world.assert_equal()
    assert world.observed(LedgerRaised)


async def test_a_ledger_restored_from_a_backup_gives_way_to_the_source(world: World) -> None:
    """The restored version equals the one in the target, whose content is another."""
    campaign = await make(world, "One")
    await world.drain()
    await world.sql("CREATE TABLE backup AS SELECT * FROM crossfade.ledger")
    campaign = await rename(world, campaign, "Two")
    await world.drain()
    await world.sql("DELETE FROM crossfade.ledger")
    await world.sql("INSERT INTO crossfade.ledger SELECT * FROM backup")
    await rename(world, campaign, "Another two")
    await world.assert_equal()
    assert world.observed(LedgerRaised)


async def test_a_source_that_is_down_fails_its_own_requests_only(world: World) -> None:
    campaign = await make(world, "Before")
    await world.drain()
    await world.database.strike(Refuse())
    with pytest.raises(Unavailable):
        await rename(world, campaign, "During")
    await world.migration.push("campaign", campaign.id)
    assert await world.migration.fast_path.drain(60)
    assert world.observed(PushSkipped)
    await world.database.heal()
    await rename(world, campaign, "After")
    await world.assert_equal()


async def test_a_changed_table_pauses_its_own_entity_only(world: World) -> None:
    campaign = await make(world, "Characters wait")
    await world.sql("ALTER TABLE characters RENAME COLUMN played_by TO player")
    await world.sql("INSERT INTO characters (campaign_id, name) VALUES (%s, 'Brin')", campaign.id)
    await rename(world, campaign, "Campaigns do not")
    for _ in range(5):
        await world.migration.relay_step()
    assert [row[0] for row in await world.sql(DIRTY_ENTITIES)] == ["character"]
    assert {event.entity for event in world.observed(EntityPaused)} == {"character"}
    await world.sql("ALTER TABLE characters RENAME COLUMN player TO played_by")
    await world.sql("UPDATE characters SET played_by = 'Mira'")
    await world.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
    await world.assert_equal()


DIRTY_ENTITIES = "SELECT DISTINCT entity FROM crossfade.ledger WHERE version > acked"


async def test_moves_and_cascades_arrive(world: World) -> None:
    first, second = await make(world, "First"), await make(world, "Second")
    session = await create_session(
        world.app, world.user_id, NewSession(name="Moves", campaign_id=first.id)
    )
    revision = (await say(world, session, "[Brin] We go.")).revision
    for campaign_id in (second.id, None, second.id, first.id):
        changes = SessionChanges(expected_revision=revision, campaign_id=campaign_id)
        session = await update_session(world.app, world.user_id, session.id, changes)
        revision = session.revision
        await world.assert_equal()
    await world.sql("INSERT INTO characters (campaign_id, name) VALUES (%s, 'Brin')", first.id)
    await world.drain()
    await delete_campaign(world.app, world.user_id, first.id)
    await world.assert_equal()


async def test_a_title_does_not_fetch_or_store_the_transcript_again(world: World) -> None:
    session = await create_session(world.app, world.user_id, NewSession(name="Once"))
    text = "[Brin] " + "again and again " * 10_000
    revision = (await say(world, session, text)).revision
    await world.drain()
    assert await world.migration.fast_path.drain(60)
    stored, read = world.s3.record.arrived("Put*"), world.database.received_bytes
    changes = SessionChanges(expected_revision=revision, name="Twice")
    await update_session(world.app, world.user_id, session.id, changes)
    await world.assert_equal()
    assert world.s3.record.arrived("Put*") == stored
    assert world.database.received_bytes - read < len(text) // 2
