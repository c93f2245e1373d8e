"""Every delivered key is verified soon, none twice without need, and a stop loses none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crossfade.mapping.parity import Verdict, Watermark
from engines.values import Database, DynamoEngine, S3Engine
from verify_helpers import Stage, open_stage


@pytest.fixture
async def stage(
    database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[Stage]:
    del credentials
    async with open_stage(database, ministack, bucket) as stage:
        yield stage


async def _watermark(stage: Stage) -> Watermark:
    (one,) = await stage.verifier.unverified.watermarks()
    return one


async def test_each_delivery_is_verified_once(stage: Stage) -> None:
    await stage.add(*(f"n{number}" for number in range(120)))
    await stage.drain()
    async with stage.verifier.watching() as watch:
        assert await watch.step()
        assert (await _watermark(stage)).unverified_keys == 20
        assert await watch.step()
        assert not await watch.step()
        await stage.sql("UPDATE notes SET title = 'again' WHERE id = 'n5'")
        assert not await watch.step()
        await stage.drain()
        assert await watch.step()
        assert not await watch.step()
        assert watch.tally.equal_keys == 121


async def test_the_watermarks_stop_where_a_write_waits(stage: Stage) -> None:
    await stage.add("a")
    ((written,),) = await stage.sql("SELECT dirty_since FROM crossfade.ledger")
    marks = await _watermark(stage)
    assert marks.replicated_through == marks.verified_through == written
    await stage.drain()
    marks = await _watermark(stage)
    assert marks.replicated_through > marks.verified_through == written
    async with stage.verifier.watching() as watch:
        await watch.step()
    marks = await _watermark(stage)
    assert marks.verified_through == marks.replicated_through > written


async def test_a_write_during_the_look_is_verified_again(stage: Stage) -> None:
    """What was judged is an older version than the one delivered since."""
    await stage.add("a")
    await stage.drain()
    keys = await stage.verifier.unverified.unverified(10)
    judged = await stage.verifier.examiner.keys(keys, is_deep=False)
    await stage.sql("UPDATE notes SET title = 'newer'")
    await stage.drain()
    await stage.verifier.unverified.settle(judged)
    assert (await _watermark(stage)).unverified_keys == 1


async def test_drift_is_kept_and_closed_by_the_next_delivery(stage: Stage) -> None:
    await stage.add("a", "b")
    await stage.drain()
    stage.put({**stage.item("a"), "title": {"S": "other"}})
    async with stage.verifier.watching() as watch:
        await watch.step()
        (finding,) = (await stage.findings()).values()
        assert finding.judgement.verdict is Verdict.DRIFT_DIFFERS
        await stage.sql("UPDATE notes SET title = 'mended'")
        await stage.drain()
        await watch.step()
    assert await stage.findings() == {}
    (run,) = await stage.verifier.runs.newest()
    assert (run.kind, run.state) == ("continuous", "finished")


async def test_another_process_goes_on_where_one_was_killed(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    keys = await stage.verifier.unverified.unverified(10)
    await stage.verifier.examiner.keys(keys, is_deep=False)
    async with stage.verifier.watching() as watch:
        assert await watch.step()
        assert watch.tally.equal_keys == 1
