"""The backfill inserts many rows at a time where it can, and puts them where it cannot."""

from __future__ import annotations

import pytest

from crossfade.errors import Throttled
from crossfade.events import BackfillWaits, InsertsRefused
from crossfade.runtime.backfill import WORKERS
from crossfade.testing import Answer, HttpFault, LoseAnswer, Rule, Unprocessed
from support.backfill import INSERT, RESTART, add_campaigns, add_transcripts, forget, run_backfill
from support.engines.product import RunningProduct


def requests(product: RunningProduct) -> tuple[int, int]:
    """Requests with many rows, and with one."""
    record = product.dynamo.record
    return record.arrived(INSERT), record.arrived("PutItem")


async def test_rows_that_are_new_go_many_at_a_time(product: RunningProduct) -> None:
    await add_campaigns(product, 100)
    by_entity = await run_backfill(product, backfill_page_rows=50)
    assert by_entity["campaign"].tally.written == 100
    assert requests(product) == (4, 0)
    await product.assert_equal()


async def test_rows_with_objects_are_put_when_their_objects_are_stored(
    product: RunningProduct,
) -> None:
    await add_transcripts(product, 12)
    by_entity = await run_backfill(product)
    assert by_entity["session"].tally.written == 12
    assert requests(product) == (0, 12)
    await product.assert_equal()


async def test_existing_items_are_read_and_later_pages_pay_once(
    product: RunningProduct,
) -> None:
    """The page that finds it out costs two writes a row; with one lane there is one such page."""
    await add_campaigns(product, 100)
    await run_backfill(product, backfill_page_rows=50)
    before = requests(product)
    await run_backfill(product, RESTART, backfill_page_rows=10, backfill_window_rows=1000)
    inserts, puts = (now - then for now, then in zip(requests(product), before, strict=True))
    assert inserts <= 2
    assert puts == 100
    await product.assert_equal()


async def test_pages_after_a_gap_in_existing_items_are_inserted_again(
    product: RunningProduct,
) -> None:
    """Two pages of rows that were copied before, then six of new ones, all read by one lane."""
    await add_campaigns(product, 20, name="A")
    await move_to(product, "A", "0000")
    await run_backfill(product)
    await add_campaigns(product, 60, name="B")
    await move_to(product, "B", "ffff")
    before = requests(product)
    by_entity = await run_backfill(
        product, RESTART, backfill_page_rows=10, backfill_window_rows=1000
    )
    inserts, _ = (now - then for now, then in zip(requests(product), before, strict=True))
    assert inserts == 1 + 5, "the first page of each kind finds out"
    assert by_entity["campaign"].tally.written == 60
    assert by_entity["campaign"].tally.skipped == 20
    await product.assert_equal()


async def move_to(product: RunningProduct, name: str, place: str) -> None:
    """Let the keys of the campaigns of this name begin like this; they are read in key order."""
    await product.sql(
        "UPDATE campaigns SET id = overlay(id::text PLACING %s FROM 1)::uuid WHERE name = %s",
        *(place, name),
    )
    await forget(product)


@pytest.mark.parametrize(
    "fault",
    [
        Answer(400, "UnknownOperationException"),
        Answer(400, "AccessDeniedException"),
        Unprocessed(code="AccessDenied"),
    ],
    ids=str,
)
async def test_a_target_without_inserts_gets_puts_and_it_is_said_once(
    product: RunningProduct, fault: HttpFault
) -> None:
    await add_campaigns(product, 100)
    product.dynamo.add(Rule(fault, operation=INSERT))
    by_entity = await run_backfill(product)
    assert by_entity["campaign"].tally.written == 100
    refusals = product.observed(InsertsRefused)
    assert 1 <= len(refusals) <= WORKERS
    assert {event.entity for event in refusals} == {"campaign"}
    assert requests(product)[1] == 100
    await product.assert_equal()


async def test_rows_of_a_batch_that_are_throttled_come_again(product: RunningProduct) -> None:
    await add_campaigns(product, 60)
    product.dynamo.add(Rule(Unprocessed(5), operation=INSERT, times=2))
    by_entity = await run_backfill(product)
    assert by_entity["campaign"].tally.written == 60
    assert by_entity["campaign"].tally.throttles in {25, 30}  # the second may meet what is left
    assert {event.error for event in product.observed(BackfillWaits)} == {Throttled}
    await product.assert_equal()


async def test_some_refused_statements_are_left_to_puts(product: RunningProduct) -> None:
    await add_campaigns(product, 60)
    product.dynamo.add(Rule(Unprocessed(5, "InternalServerError"), operation=INSERT))
    by_entity = await run_backfill(product)
    assert by_entity["campaign"].tally.written == 60
    assert requests(product)[1] == 45
    await product.assert_equal()


async def test_batches_with_lost_answers_are_sent_again(product: RunningProduct) -> None:
    await add_campaigns(product, 60)
    product.dynamo.add(Rule(LoseAnswer(cut=True), operation=INSERT, times=2))
    by_entity = await run_backfill(product)
    tally = by_entity["campaign"].tally
    assert (tally.written + tally.skipped, tally.marked, tally.parked) == (60, 0, 0)
    await product.assert_equal()


async def test_bytes_are_booked_on_the_entity_they_belong_to(product: RunningProduct) -> None:
    await add_campaigns(product, 300)
    alone = (await run_backfill(product))["campaign"].tally
    await add_transcripts(product, 100)
    beside = await run_backfill(product, RESTART)
    assert alone.written_bytes > 300 * 200
    assert beside["campaign"].tally.written_bytes == 0
    assert beside["session"].tally.written_bytes > 0
