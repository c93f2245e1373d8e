"""Writes continue under any fault of DynamoDB and S3; afterwards both stores are equal.

Each test breaks something on the way, keeps using the application, and checks three things: the
request's answer, what the log would say, and, once the cause has ended, every row, item and object.
"""

from __future__ import annotations

import asyncio

import pytest

from campaigns.actions import (
    create_campaign,
    create_session,
    get_transcript,
    save_transcript,
    update_campaign,
)
from campaigns.inputs import CampaignChanges, NewCampaign, NewSession, TranscriptChanges
from campaigns.records import Campaign
from crossfade.errors import (
    AccessDenied,
    CorruptResponse,
    Interrupted,
    ServerFault,
    Throttled,
    TimedOut,
)
from crossfade.events import BreakerClosed, BreakerOpened, LedgerRaised, PushFailed
from crossfade.testing import (
    Answer,
    Cut,
    Delay,
    Duplicate,
    Hold,
    HttpFault,
    LoseAnswer,
    Rule,
    ServerError,
    Stall,
    Throttle,
    WrongChecksum,
)
from support.engines.product import HASTY, RunningProduct

TRANSCRIPT = "\n".join(f"[Brin] The water rises, line {number}." for number in range(3_000))


async def write_a_little(product: RunningProduct) -> Campaign:
    """Make a campaign, rename it, add a session with a transcript."""
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Low tide"))
    campaign = await update_campaign(
        product.app,
        product.user_id,
        campaign.id,
        CampaignChanges(expected_revision=campaign.revision, name="High tide"),
    )
    session = await create_session(
        product.app, product.user_id, NewSession(name="One", campaign_id=campaign.id)
    )
    await save_transcript(
        product.app,
        product.user_id,
        session.id,
        TranscriptChanges(expected_revision=session.revision, text=TRANSCRIPT),
    )
    transcript = await get_transcript(product.app, product.user_id, session.id)
    assert transcript.text == TRANSCRIPT
    assert campaign.name == "High tide"
    return campaign


@pytest.mark.parametrize(
    ("product", "fault", "error"),
    [
        ({}, Cut(), Interrupted),
        (HASTY, Stall(), TimedOut),
        ({}, ServerError(500), ServerFault),
        ({}, ServerError(503), ServerFault),
        ({}, Throttle(), Throttled),
        ({}, Throttle("ThrottlingException"), Throttled),
        ({}, Answer(400, "UnrecognizedClientException"), AccessDenied),
        ({}, Answer(400, "AccessDeniedException"), AccessDenied),
        ({}, LoseAnswer(cut=True), Interrupted),
        ({}, WrongChecksum(), CorruptResponse),
    ],
    indirect=["product"],
    ids=repr,
)
async def test_a_failing_table_never_fails_a_request(
    product: RunningProduct, fault: HttpFault, error: type[Exception]
) -> None:
    product.dynamo.add(Rule(fault, operation="PutItem"))
    campaign = await write_a_little(product)
    await product.migration.push("campaign", campaign.id, wait=True)
    assert await product.migration.fast_path.drain(60)
    assert await product.dirty() > 0
    failures = product.observed(PushFailed)
    assert {failure.error for failure in failures} == {error}
    assert "tide" not in repr(failures)
    product.dynamo.clear()
    await product.assert_equal()


@pytest.mark.parametrize(
    ("product", "fault"),
    [
        ({}, Cut()),
        (HASTY, Stall()),
        ({}, ServerError(500)),
        ({}, Throttle()),
        ({}, Answer(403, "InvalidAccessKeyId")),
        (HASTY, LoseAnswer()),
    ],
    indirect=["product"],
    ids=repr,
)
async def test_a_failing_bucket_never_fails_a_request(
    product: RunningProduct, fault: HttpFault
) -> None:
    product.s3.add(Rule(fault, method="PUT"))
    await write_a_little(product)
    assert await product.migration.fast_path.drain(60)
    assert await product.dirty() > 0, "an item must not point to an object that is not there"
    assert "session" in {finding.entity for finding in (await product.audit()).findings}
    product.s3.clear()
    await product.assert_equal()


async def test_stores_that_are_down_get_no_calls_until_they_answer(
    product: RunningProduct,
) -> None:
    await product.dynamo.refuse()
    await product.s3.refuse()
    await write_a_little(product)
    assert await product.migration.fast_path.drain(60)
    for _ in range(5):
        await product.migration.relay_step()
    opened = product.observed(BreakerOpened)
    assert {event.store for event in opened} <= {"dynamodb", "s3"}
    assert opened
    await product.dynamo.accept()
    await product.s3.accept()
    await product.assert_equal()
    assert product.observed(BreakerClosed)


async def test_a_slow_table_only_delays(product: RunningProduct) -> None:
    product.dynamo.add(Rule(Delay(0.2), operation="PutItem"))
    campaign = await write_a_little(product)
    assert await product.migration.push("campaign", campaign.id, wait=True)
    await product.assert_equal()


@pytest.mark.parametrize("product", [HASTY], indirect=True, ids=["hasty"])
async def test_a_write_with_a_lost_answer_is_neither_lost_nor_done_twice(
    product: RunningProduct,
) -> None:
    product.dynamo.add(Rule(LoseAnswer(), operation="PutItem", times=2))
    await write_a_little(product)
    assert await product.migration.fast_path.drain(60)
    await product.assert_equal()
    assert not product.observed(LedgerRaised), "its own earlier success is no foreign write"


async def test_a_delivery_that_arrives_late_does_not_undo_a_newer_one(
    product: RunningProduct,
) -> None:
    late = Hold()
    product.dynamo.add(Rule(late, operation="PutItem", times=1))
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Before"))
    await product.dynamo.record.until(lambda record: record.arrived("PutItem", fault=Hold) == 1)
    await update_campaign(
        product.app,
        product.user_id,
        campaign.id,
        CampaignChanges(expected_revision=campaign.revision, name="After"),
    )
    await product.drain()
    late.until.set()
    assert await product.migration.fast_path.drain(60)
    await product.assert_equal()


async def test_a_delivery_that_arrives_again_after_a_newer_one_changes_nothing(
    product: RunningProduct,
) -> None:
    again = asyncio.Event()
    product.dynamo.add(Rule(Duplicate(again), operation="PutItem", times=1))
    campaign = await create_campaign(product.app, product.user_id, NewCampaign(name="Before"))
    await product.drain()
    await update_campaign(
        product.app,
        product.user_id,
        campaign.id,
        CampaignChanges(expected_revision=campaign.revision, name="After"),
    )
    await product.drain()
    assert await product.migration.fast_path.drain(60)
    puts = product.dynamo.record.forwarded("PutItem")
    again.set()
    await product.dynamo.record.until(lambda record: record.forwarded("PutItem") == puts + 1)
    await product.assert_equal()
