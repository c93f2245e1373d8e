"""Only records that cannot be stored park; a lost or old ledger gives way to the source."""

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
from crossfade.mapping.state import Key, Live, Moved, Row
from crossfade.postgres import install, uninstall
from crossfade.relay import delivery
from crossfade.testing import Refuse
from support.engines.product import RunningProduct

LARGE_BYTES = 300_000


async def make(product: RunningProduct, name: str) -> Campaign:
    return await create_campaign(product.app, product.user_id, NewCampaign(name=name))


async def rename(product: RunningProduct, campaign: Campaign, name: str) -> Campaign:
    changes = CampaignChanges(expected_revision=campaign.revision, name=name)
    return await update_campaign(product.app, product.user_id, campaign.id, changes)


async def say(product: RunningProduct, session: Session, text: str) -> Transcript:
    changes = TranscriptChanges(expected_revision=session.revision, text=text)
    return await save_transcript(product.app, product.user_id, session.id, changes)


async def park(product: RunningProduct) -> None:
    """Take steps until only parked keys are left."""
    while True:
        ((due,),) = await product.sql(
            "SELECT count(*) FROM crossfade.ledger WHERE version > acked AND parked_reason IS NULL"
        )
        if due == 0:
            return
        await product.migration.relay_step()


async def test_columns_that_make_an_item_too_large_move_to_s3(product: RunningProduct) -> None:
    campaign = await make(product, "Large")
    await product.sql(
        "UPDATE campaigns SET description = repeat('é', %s), settings = to_jsonb(repeat('x', %s))",
        LARGE_BYTES // 2,
        LARGE_BYTES,
    )
    await product.migration.push("campaign", campaign.id, wait=True)
    await product.assert_equal()
    assert not product.observed(PushFailed)


async def test_an_item_over_the_limit_parks_alone_until_it_is_mended(
    product: RunningProduct,
) -> None:
    campaign = await make(product, "Tags")
    other = await make(product, "Other")
    await product.sql(
        "UPDATE campaigns SET tags = ARRAY[repeat('x', %s)] WHERE id = %s", 420_000, campaign.id
    )
    await rename(product, other, "Other still arrives")
    await park(product)
    (parked,) = product.observed(KeyParked)
    assert parked.key.parts[0] == campaign.id
    assert "409600" in parked.reason
    assert "xxx" not in parked.reason
    assert await product.dirty() == 1, "only the parked key is left"
    await product.sql("UPDATE campaigns SET tags = ARRAY['short'] WHERE id = %s", campaign.id)
    await product.assert_equal()


async def test_a_value_without_a_form_parks_and_names_the_column(product: RunningProduct) -> None:
    """An empty id cannot be part of a DynamoDB key."""
    await product.sql(
        "INSERT INTO users (id, email, updated_at) VALUES ('', 'nobody@example.org', now())"
    )
    await park(product)
    (parked,) = product.observed(KeyParked)
    assert "id: empty text in a key" in parked.reason
    await product.sql("DELETE FROM users WHERE id = ''")
    await product.assert_equal()


async def test_an_internal_error_parks_only_the_record_that_caused_it(
    product: RunningProduct,
) -> None:
    """A codec that breaks on one row; its message quotes the row."""

    class Broken(Codec):
        def encode(self, live: Live) -> Draft:
            if live.columns["name"] == "Cursed":
                raise KeyError(live.columns["name"])
            return super().encode(live)

    cursed, blessed = await make(product, "Before"), await make(product, "Blessed")
    await product.drain()
    await product.sql("UPDATE campaigns SET name = 'Cursed' WHERE id = %s", cursed.id)
    await product.sql("UPDATE campaigns SET party_level = 2 WHERE id = %s", blessed.id)
    route = product.migration.route
    codecs = {**route.codecs, "campaign": Broken(APPLICATION.by_name["campaign"])}
    # One lane: it ends at the cursed campaign, and another one has to take the blessed one.
    broken = replace(route, codecs=codecs, deliveries_max=1)
    async with asyncio.timeout(60):
        while not product.observed(KeyParked):
            await delivery.step(broken, keys_max=10)
    assert await product.dirty() == 1, "the other campaign arrived"
    assert "Cursed" not in repr(product.events)
    await product.sql("UPDATE campaigns SET name = 'Healed' WHERE id = %s", cursed.id)
    await product.assert_equal()


async def test_a_transcript_that_changes_between_two_reads_is_read_again(
    product: RunningProduct,
) -> None:
    """Digest and content are read one after the other; the row changes in between."""
    session = await create_session(product.app, product.user_id, NewSession(name="One"))
    await say(product, session, "[Brin] First.")
    await product.drain()
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
                await product.sql("UPDATE sessions SET transcript_text = '[Brin] Third.'")
            text: str | None = await self._source.body(key, column)
            return text

    await product.sql("UPDATE sessions SET transcript_text = '[Brin] Second.'")
    route = replace(product.migration.route, source=Hasty(product.migration.route.source))
    # Not by a step: the key may be paused, since push and relay acknowledged it at the same time.
    keys = await route.feed.dirty_keys_of([Row("session", (session.id,))])
    report = await delivery.deliver(route, keys)
    assert [type(outcome) for outcome in report.outcomes] == [Moved]
    await product.assert_equal()
    texts = {
        zstandard.ZstdDecompressor()
        .decompressobj()
        .decompress(
            product.stores.s3.get_object(Bucket=product.stores.bucket, Key=one["Key"])[
                "Body"
            ].read()
        )
        for one in product.stores.s3.list_objects_v2(Bucket=product.stores.bucket)["Contents"]
    }
    assert texts == {b"[Brin] First.", b"[Brin] Third."}


async def test_a_ledger_that_was_lost_gives_way_to_the_source(product: RunningProduct) -> None:
    """The target has higher versions than a new ledger; the source wins all the same."""
    campaign = await make(product, "One")
    for name in ("Two", "Three", "Four"):
        campaign = await rename(product, campaign, name)
    gone = await make(product, "Gone")
    await product.drain()
    await uninstall(product.direct.dsn, force=True)
    await install(product.direct.dsn, APPLICATION.mappings)
    await rename(product, campaign, "Five")
    await delete_campaign(product.app, product.user_id, gone.id)
    await product.assert_equal()
    assert product.observed(LedgerRaised)


async def test_a_ledger_restored_from_a_backup_gives_way_to_the_source(
    product: RunningProduct,
) -> None:
    """The restored version equals the one in the target, which has another content."""
    campaign = await make(product, "One")
    await product.drain()
    await product.sql("CREATE TABLE backup AS SELECT * FROM crossfade.ledger")
    campaign = await rename(product, campaign, "Two")
    await product.drain()
    await product.sql("DELETE FROM crossfade.ledger")
    await product.sql("INSERT INTO crossfade.ledger SELECT * FROM backup")
    await rename(product, campaign, "Another two")
    await product.assert_equal()
    assert product.observed(LedgerRaised)


async def test_a_source_that_is_down_fails_its_own_requests_only(product: RunningProduct) -> None:
    campaign = await make(product, "Before")
    await product.drain()
    await product.database.inject(Refuse())
    with pytest.raises(Unavailable):
        await rename(product, campaign, "During")
    await product.migration.push("campaign", campaign.id)
    assert await product.migration.fast_path.drain(60)
    assert product.observed(PushSkipped)
    await product.database.heal()
    await rename(product, campaign, "After")
    await product.assert_equal()


async def test_a_changed_table_pauses_its_own_entity_only(product: RunningProduct) -> None:
    campaign = await make(product, "Characters wait")
    await product.sql("ALTER TABLE characters RENAME COLUMN played_by TO player")
    await product.sql("INSERT INTO characters (campaign_id, name) VALUES (%s, 'Brin')", campaign.id)
    await rename(product, campaign, "Campaigns do not")
    for _ in range(5):
        await product.migration.relay_step()
    assert [row[0] for row in await product.sql(DIRTY_ENTITIES)] == ["character"]
    assert {event.entity for event in product.observed(EntityPaused)} == {"character"}
    await product.sql("ALTER TABLE characters RENAME COLUMN player TO played_by")
    await product.sql("UPDATE characters SET played_by = 'Mira'")
    await product.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
    await product.assert_equal()


DIRTY_ENTITIES = "SELECT DISTINCT entity FROM crossfade.ledger WHERE version > acked"


async def test_moves_and_cascades_arrive(product: RunningProduct) -> None:
    first, second = await make(product, "First"), await make(product, "Second")
    session = await create_session(
        product.app, product.user_id, NewSession(name="Moves", campaign_id=first.id)
    )
    revision = (await say(product, session, "[Brin] We go.")).revision
    for campaign_id in (second.id, None, second.id, first.id):
        changes = SessionChanges(expected_revision=revision, campaign_id=campaign_id)
        session = await update_session(product.app, product.user_id, session.id, changes)
        revision = session.revision
        await product.assert_equal()
    await product.sql("INSERT INTO characters (campaign_id, name) VALUES (%s, 'Brin')", first.id)
    await product.drain()
    await delete_campaign(product.app, product.user_id, first.id)
    await product.assert_equal()


async def test_a_title_does_not_fetch_or_store_the_transcript_again(
    product: RunningProduct,
) -> None:
    session = await create_session(product.app, product.user_id, NewSession(name="Once"))
    text = "[Brin] " + "again and again " * 10_000
    revision = (await say(product, session, text)).revision
    await product.drain()
    assert await product.migration.fast_path.drain(60)
    stored, read = product.s3.record.arrived("Put*"), product.database.received_bytes
    changes = SessionChanges(expected_revision=revision, name="Twice")
    await update_session(product.app, product.user_id, session.id, changes)
    await product.assert_equal()
    assert product.s3.record.arrived("Put*") == stored
    assert product.database.received_bytes - read < len(text) // 2
